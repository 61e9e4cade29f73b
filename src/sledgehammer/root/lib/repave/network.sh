# Brings up the one interface that the machine booted from.

# The value of `$1=` on the kernel command line.
command_line_value() {
	for word in $(cat /proc/cmdline); do
		case $word in
		"$1"=*)
			echo "${word#*=}"
			return
			;;
		esac
	done
}

# `repave.mac=52:54:00:..`, or the boot loader's `BOOTIF=01-52-54-00-..`, in the kernel's spelling.
boot_mac() {
	mac=$(command_line_value repave.mac)
	[ -n "$mac" ] || mac=$(command_line_value BOOTIF | sed 's/^01-//')
	echo "$mac" | tr 'A-F-' 'a-f:'
}

# The name of the interface with the address `$1`; with no address, the first one with a device behind it.
interface_with_mac() {
	for path in /sys/class/net/*; do
		[ -e "$path/device" ] || continue
		read -r address <"$path/address"
		if [ -z "$1" ] || [ "$address" = "$1" ]; then
			echo "${path##*/}"
			return
		fi
	done
}

configure_network() {
	ip link set lo up
	mac=$(boot_mac)
	waits=0
	until interface=$(interface_with_mac "$mac") && [ -n "$interface" ]; do
		waits=$((waits + 1))
		[ $((waits % 100)) -ne 0 ] || echo "sledgehammer: no interface has the address ${mac:-(any)} yet"
		sleep 0.1
	done
	ip link set "$interface" up
	echo "sledgehammer: asking for an address on $interface ($mac)"
	# It asks until it is answered, and renews the lease for as long as the machine stays here.
	exec udhcpc -f -S -i "$interface" -s /lib/repave/udhcpc.sh -t 10 -T 1 -A 2 -V repave-sledgehammer 2>/dev/null
}
