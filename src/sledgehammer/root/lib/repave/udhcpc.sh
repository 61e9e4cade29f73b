#!/bin/sh
# Called by udhcpc with what happened and the lease in the environment.
case $1 in
deconfig)
	ip link set "$interface" up
	;;
bound | renew)
	ip address replace "$ip/${mask:-24}" dev "$interface"
	for address in $router; do
		ip route replace default via "$address" dev "$interface"
		break
	done
	: >/run/resolv.conf
	for server in $dns; do
		echo "nameserver $server" >>/run/resolv.conf
	done
	[ "$1" = renew ] || echo "sledgehammer: $interface has the address $ip"
	;;
leasefail)
	echo "sledgehammer: no answer to DHCP on $interface, asking again"
	;;
esac
exit 0
