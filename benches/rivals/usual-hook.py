"""Plays the sound that is configured for an event, unless it did so a moment ago in this session."""

import json
import os
import subprocess
import sys
import time

HOME = os.path.join(os.path.expanduser("~"), ".config", "sound-hook")
CONFIG = os.path.join(HOME, "config.json")
THROTTLE = os.path.join(HOME, "throttle.json")


def read_json(path, default):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return default


def write_json(path, value):
    part = f"{path}.{os.getpid()}"
    with open(part, "w", encoding="utf-8") as file:
        json.dump(value, file)
    os.replace(part, path)


def main():
    payload = json.load(sys.stdin)
    config = read_json(CONFIG, {})
    event = payload.get("hook_event_name", "")
    settings = config.get("events", {}).get(event)
    if not settings or not config.get("enabled", True):
        return

    now = time.time()
    played = read_json(THROTTLE, {})
    key = f"{event}:{payload.get('session_id', '')}"
    if now - played.get(key, 0) < settings.get("throttle", config.get("throttle", 3)):
        return
    played[key] = now
    write_json(THROTTLE, played)

    subprocess.Popen(
        ["paplay", settings["sound"]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


if __name__ == "__main__":
    try:
        main()
    except Exception:
        # The agent must not be disturbed by a sound.
        pass
