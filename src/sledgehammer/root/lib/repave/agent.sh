# Keeps the agent running: at once, then after 1, 2, 4 .. 30 seconds; a machine on which it cannot
# run at all starts over.

maximum_failures=20

# The small nursery, in MiB: what the agent has read it soon forgets, and memory is the image's.
keep_agent_running() {
	pause=1
	failures=0
	while :; do
		read -r started _ </proc/uptime
		/usr/bin/node --disable-warning=ExperimentalWarning --max-semi-space-size=1 /lib/repave/agent.cjs
		status=$?
		read -r ended _ </proc/uptime
		if [ $((${ended%.*} - ${started%.*})) -ge 60 ]; then
			pause=1
			failures=0
		fi
		failures=$((failures + 1))
		echo "sledgehammer: the agent ended with status $status; starting it again in $pause s"
		[ "$failures" -lt "$maximum_failures" ] || reboot -f
		sleep "$pause"
		pause=$((pause * 2))
		[ "$pause" -le 30 ] || pause=30
	done
}
