#!/bin/sh
# Takes out of an installed Linux what must not be twice on one network. Runs on a copy of the disk, never
# on the disk. Its argument is the root of that system; nothing outside it is touched, and no link is followed.
set -eu
root=${1:?the root of the system}

# Absent parts are no fault: what is not there needs no generalising.
empty() { [ ! -f "$root/$1" ] || [ -L "$root/$1" ] || : >"$root/$1"; }
remove() {
	for path in "$root"/$1; do
		[ -e "$path" ] || [ -L "$path" ] || continue
		rm -rf -- "$path"
	done
}
# A folder of the copy that is a link would lead the names below out of it.
inside() {
	path=$root
	for part in $(echo "$1" | tr / ' '); do
		path=$path/$part
		[ ! -L "$path" ] || return 1
	done
}

# systemd makes a new one on a first boot that finds it empty.
inside etc && empty etc/machine-id
inside var/lib/dbus && remove 'var/lib/dbus/machine-id'
# cloud-init and Debian's ssh make new host keys.
inside etc/ssh && remove 'etc/ssh/ssh_host_*'
# Names of network cards by the MAC addresses of this one machine.
inside etc/udev/rules.d && remove 'etc/udev/rules.d/70-persistent-*.rules'
inside etc/netplan && remove 'etc/netplan/50-cloud-init.yaml'
inside etc/network/interfaces.d && remove 'etc/network/interfaces.d/50-cloud-init'
inside etc/systemd/network && remove 'etc/systemd/network/10-cloud-init-*'
# What cloud-init has done, so that it begins anew.
inside var/lib/cloud && remove 'var/lib/cloud/*'
inside var/lib/systemd && remove 'var/lib/systemd/random-seed'
inside var/lib/systemd && remove 'var/lib/systemd/credential.secret'
inside var/lib/dhcp && remove 'var/lib/dhcp/*.leases'
inside var/lib/NetworkManager && remove 'var/lib/NetworkManager/*'
# Traces of this machine's past.
inside var/log/journal && remove 'var/log/journal/*'
inside root && remove 'root/.bash_history'
exit 0
