"""The journal for a SIEM, as syslog: a process of its own, which reads the journal and remembers how far it came."""
