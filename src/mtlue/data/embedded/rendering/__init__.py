"""Ray casting for embedded data: simple solids in a room, seen by a pinhole camera, with exact labels per pixel."""
