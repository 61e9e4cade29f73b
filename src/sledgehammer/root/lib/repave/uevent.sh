#!/bin/sh
# Runs once for each kernel event, with the event's fields in the environment.
[ "$ACTION" = add ] && [ -n "$MODALIAS" ] && modprobe -q -b "$MODALIAS" 2>/dev/null
exit 0
