#!/bin/sh
# A sound hook as many have one: the agent calls this, with the payload on standard input.
here=$(cd "$(dirname "$0")" && pwd)
exec /usr/bin/python3 "$here/usual-hook.py"
