"""The Qt HMI of OTHA (ISA-101: calm grey, colour only for the abnormal, never colour alone).

It knows `otha.names` alone, talks to OTHA through its OPC UA interface alone and decides nothing: what it shows was
told, what it orders is judged by the supervisor. `session` brings what is seen into frozen views (`model`), `window`
shows them on pages (`pages`).
"""
