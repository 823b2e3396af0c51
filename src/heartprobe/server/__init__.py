"""A trained model behind HTTP: an API, and the page that uses it.

A request goes through these files:

    connections.py     what HTTP itself allows: how many clients, time to send and to read, how a refused one ends
    front_door.py      every request: counted, timed, given its headers; nothing gets past as a traceback
    token.py           who may ask
    uploads.py         the body, while it arrives: limits on bytes, parts and time; form_parts.py, memory.py
    sounds.py          how much sound the files hold by their headers, before any is decoded
    patients.py        fields and files become a patient
    micro_batches.py   what waits is computed together, away from the event loop
    service.py         what is computed: predictions, beats, explanations
    routes/            one file for each thing that can be asked
    schemas/           what answers look like, for the description of the API
    running.py         starting, and stopping without breaking off what runs

Nothing of a request is stored or logged but its route, its status and how long it took.
"""

from __future__ import annotations

from heartprobe.server.app import create_app
from heartprobe.server.settings import Limits, Settings

__all__ = ["Limits", "Settings", "create_app"]
