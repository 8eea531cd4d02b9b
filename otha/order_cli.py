"""`otha order`: an order to the supervisor, as the command line gives it."""

import sys
import uuid
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from otha.console import FAILED, JsonOption, SiteOption, StateOption, duration_ns, print_json, told

if TYPE_CHECKING:
    from otha.core.inputs import Order


class OrderName(str, Enum):  # noqa: UP042 - StrEnum changes how typer prints the choices
    """The orders, as in `otha.core.words.OrderKind`."""

    SWITCHOVER = "switchover"
    FAILBACK = "failback"
    DRILL = "drill"
    DRILL_ABORT = "drill-abort"
    CONFIRM = "confirm"
    REJECT = "reject"
    SELECT = "select"
    OPERATE = "operate"
    CANCEL = "cancel"
    BYPASS = "bypass"
    UNBYPASS = "unbypass"
    SAFE = "safe"
    RELEASE = "release"
    ACK = "ack"
    MAINTENANCE_IN = "maintenance-in"
    MAINTENANCE_OUT = "maintenance-out"
    ARM = "arm"


class TransferName(str, Enum):  # noqa: UP042 - as above
    """What a drill rehearses, as in `otha.core.words.TransferKind`."""

    FAILOVER = "failover"
    SWITCHOVER = "switchover"
    FAILBACK = "failback"


class ArmingName(str, Enum):  # noqa: UP042 - as above
    """How far OTHA may act in a group."""

    OBSERVE = "observe"
    ADVISE = "advise"
    ARMED = "armed"


def _check(order: "Order") -> None:
    """What an order of its kind must say. Raises EngineerError."""
    from otha.core.errors import EngineerError
    from otha.core.words import OrderKind as Kind

    kind = order.kind
    if kind in (Kind.BYPASS, Kind.UNBYPASS) and order.item is None:
        raise EngineerError(f"{kind.value} of which interlock?", mend="give --item INTERLOCK; `otha why` lists them")
    if kind is Kind.BYPASS and order.for_ns is None:
        raise EngineerError("bypass for how long?", mend="give --for 30m")
    if kind in (Kind.BYPASS, Kind.SAFE, Kind.REJECT) and not order.comment.strip():
        raise EngineerError(f"{kind.value} why?", mend='give --comment "..."')
    if kind in (Kind.MAINTENANCE_IN, Kind.MAINTENANCE_OUT) and order.node is None:
        raise EngineerError(f"{kind.value} of which node?", mend="give --node NODE")
    if kind is Kind.ARM and order.arming is None:
        raise EngineerError("arm to which level?", mend="give --level observe, advise or armed")
    if kind in (Kind.CONFIRM, Kind.REJECT) and order.request is None:
        raise EngineerError(f"{kind.value} what?", mend="give --request NUMBER; `otha status` shows what waits")
    if kind is Kind.DRILL and order.transfer is None:
        raise EngineerError("a drill of what?", mend="give --transfer failover, switchover or failback")


def order(
    kind: Annotated[OrderName, typer.Argument(help="what to order")],
    group: Annotated[str, typer.Argument(help="of which group")],
    to: Annotated[str | None, typer.Option("--to", "--node", help="which node")] = None,
    arming: Annotated[ArmingName | None, typer.Option("--level", help="for `arm`")] = None,
    transfer: Annotated[TransferName | None, typer.Option("--transfer", help="for `drill`: what it rehearses")] = None,
    item: Annotated[
        str | None,
        typer.Option("--item", help="for `bypass` and `unbypass`: which interlock"),
    ] = None,
    request: Annotated[
        int | None,
        typer.Option("--request", help="for `confirm`, `reject`: which request, by the number that `status` shows"),
    ] = None,
    for_: Annotated[str, typer.Option("--for", help="for how long: 90s, 30m, 8h")] = "",
    comment: Annotated[str, typer.Option("--comment", help="kept in the journal")] = "",
    order_id: Annotated[str, typer.Option("--id", help="repeat an order with its id: it is carried out once")] = "",
    state: StateOption = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give an order; exit code 1 when it is refused, with every reason."""
    from otha import terminal
    from otha.asking import asking, repeatable
    from otha.core.inputs import Order
    from otha.core.words import Arming, OrderKind, TransferKind
    from otha.wire.message import to_json

    with told():
        for_ns = duration_ns(for_, units="smhd", mend="write 90s, 30m, 8h or 2d") if for_ else None
        given = Order(
            id=order_id or uuid.uuid4().hex,
            kind=OrderKind(kind.value),
            group=group,
            user="",
            client="cli",
            node=to,
            arming=Arming(arming.value) if arming is not None else None,
            comment=comment,
            transfer=TransferKind(transfer.value) if transfer is not None else None,
            item=item,
            for_ns=for_ns,
            request=request,
        )
        _check(given)
    with told(), asking(state, site) as client, repeatable(given.id):
        reply = client.order(given)
    if as_json:
        print_json({name: value for name, value in to_json(reply).items() if name != "kind"})
    else:
        sys.stdout.write("".join(f"{line}\n" for line in terminal.order_lines(kind.value, group, to_json(reply))))
    if not reply.durable:
        sys.stderr.write(
            "the journal's disk has not taken this answer yet; a crash now would lose the record of it\n"
            f"  see `otha status`; the same order with --id {reply.id} does nothing anew and tells when it is kept\n"
        )
    raise typer.Exit(0 if reply.accepted else FAILED)
