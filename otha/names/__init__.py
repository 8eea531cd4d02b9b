"""What OTHA's OPC UA interface calls things: namespace, NodeIds, variables, methods and the words in them.

All that an HMI sees of OTHA's code. NodeIds are strings of the namespace `NAMESPACE` and stay the same from start to
start and from version to version. Words are texts, as the command line shows them.
"""

from otha.names.ids import (
    CHANNELS,
    GROUPS,
    NAMESPACE,
    SITE,
    alarm_id,
    alarm_of,
    channel_id,
    client_id,
    condition_id,
    group_id,
    node_id,
    own_alarm_id,
    variable_id,
)
from otha.names.kinds import Kind, Variable
from otha.names.orders import ANSWER, METHODS, ORDER_ID, Method
from otha.names.reasons import NodeReason, SiteReason, parted, reason
from otha.names.services import (
    DONE,
    QUERY,
    QUERY_ANSWER,
    QUERY_INPUTS,
    SERVICES,
    SITE_ORDERS,
    WHY,
    WHY_ANSWER,
    WHY_INPUTS,
    Service,
)
from otha.names.variables import (
    ALARM_VARIABLES,
    CHANNEL_VARIABLES,
    CLIENT_VARIABLES,
    CONDITION_VARIABLES,
    EVENT_FIELDS,
    EVENT_TYPE,
    GROUP_VARIABLES,
    NODE_VARIABLES,
    PICTURE,
    SITE_VARIABLES,
)

__all__ = [
    "ALARM_VARIABLES",
    "ANSWER",
    "CHANNELS",
    "CHANNEL_VARIABLES",
    "CLIENT_VARIABLES",
    "CONDITION_VARIABLES",
    "DONE",
    "EVENT_FIELDS",
    "EVENT_TYPE",
    "GROUPS",
    "GROUP_VARIABLES",
    "METHODS",
    "NAMESPACE",
    "NODE_VARIABLES",
    "ORDER_ID",
    "PICTURE",
    "QUERY",
    "QUERY_ANSWER",
    "QUERY_INPUTS",
    "SERVICES",
    "SITE",
    "SITE_ORDERS",
    "SITE_VARIABLES",
    "WHY",
    "WHY_ANSWER",
    "WHY_INPUTS",
    "Kind",
    "Method",
    "NodeReason",
    "Service",
    "SiteReason",
    "Variable",
    "alarm_id",
    "alarm_of",
    "channel_id",
    "client_id",
    "condition_id",
    "group_id",
    "node_id",
    "own_alarm_id",
    "parted",
    "reason",
    "variable_id",
]
