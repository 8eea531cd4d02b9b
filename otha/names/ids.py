"""The namespace and the NodeIds of objects and variables."""

NAMESPACE = "urn:otha:interface"
SITE = "Site"
GROUPS = "Groups"
CHANNELS = "Channels"


def group_id(group: str) -> str:
    """The object of a group."""
    return f"Group/{group}"


def node_id(group: str, node: str) -> str:
    """The object of a node as member of a group."""
    return f"Group/{group}/Node/{node}"


def condition_id(group: str, condition: str) -> str:
    """The object of an interlock or permissive of a group."""
    return f"Group/{group}/Condition/{condition}"


def client_id(group: str, client: str) -> str:
    """The object of a client that a group leads."""
    return f"Group/{group}/Client/{client}"


def alarm_id(group: str, code: str) -> str:
    """The object of an alarm of a group."""
    return f"Group/{group}/Alarm/{code}"


def alarm_of(alarm: str) -> tuple[str, str] | None:
    """The group, "" for the supervisor's own, and the code of an alarm's object; None for an object that is none."""
    owner, found, code = alarm.rpartition("/Alarm/")
    if not found or "/" in code:
        return None
    return ("", code) if owner == SITE else (owner.removeprefix("Group/"), code)


def own_alarm_id(code: str) -> str:
    """The object of an alarm of the supervisor's own."""
    return f"{SITE}/Alarm/{code}"


def channel_id(channel: str) -> str:
    """The object of a heartbeat channel."""
    return f"Channel/{channel}"


def variable_id(owner: str, name: str) -> str:
    """A variable or method of an object."""
    return f"{owner}.{name}"
