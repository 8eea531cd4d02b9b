"""Imported by a fork server, which is then the template of the processes of a whole plant, OPC UA servers included."""

from sim import standard, template

template.begin(template.MODULES.values())
standard.fill_ahead()
template.settle()
