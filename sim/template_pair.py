"""Imported by a fork server, which is then the template of the processes of a plant without OPC UA."""

from sim import template

template.begin(template.DEVICES.values())
template.settle()
