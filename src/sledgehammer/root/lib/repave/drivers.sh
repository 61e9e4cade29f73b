# Loads the drivers that the hardware asks for by the aliases in sysfs.

# One modprobe reads its index once for many aliases, which is far quicker than one process each.
load_aliases() {
	sort -u | xargs -r modprobe -q -a -b 2>/dev/null
}

# Network cards first (PCI class 02), and what virtual machines hang them on: they decide how soon
# the daemon hears from us.
load_network_drivers() {
	for device in /sys/bus/pci/devices/*; do
		read -r class <"$device/class"
		case $class in
		0x02*) cat "$device/modalias" ;;
		esac
	done | load_aliases
	cat /sys/bus/virtio/devices/*/modalias 2>/dev/null | load_aliases
}

# Drivers reveal further devices (a disk behind a controller, a keyboard behind a hub), so the rounds
# go on until one finds nothing new. A driver's modprobe ends when its first look for devices has.
load_all_drivers() {
	while aliases=$(find /sys/devices -name modalias -exec cat {} + | sort -u) &&
		[ "$aliases" != "$known_aliases" ]; do
		known_aliases=$aliases
		echo "$aliases" | load_aliases
	done
}

# What is plugged in or found later comes through the kernel's events. One more round finds what came
# before they were listened to; it waits until the agent has had the processor to itself.
watch_for_devices() {
	uevent /lib/repave/uevent.sh &
	sleep 10
	load_all_drivers
}

mount_firmware_variables() {
	[ -d /sys/firmware/efi ] || return 0
	modprobe -q efivarfs
	mount -t efivarfs -o nosuid,nodev,noexec efivarfs /sys/firmware/efi/efivars
}
