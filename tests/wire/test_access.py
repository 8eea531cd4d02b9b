"""Every kind of order and deed has a role, and each role may do what the ones before it may."""

import pytest

from otha.core.words import OrderKind
from otha.wire.access import NEEDED, AccessRole, Deed, may_order, seconds


def test_every_order_and_deed_has_its_role() -> None:
    assert set(NEEDED) == {*OrderKind, *Deed}


def test_who_may_do_what_besides_orders() -> None:
    least = {role: {deed for deed in Deed if NEEDED[deed] is role} for role in AccessRole}
    assert least[AccessRole.OPERATOR] == set()
    assert least[AccessRole.ENGINEER] == {Deed.CONFIGURATION}
    assert least[AccessRole.COMMISSIONING] == {Deed.FAULT_LIST, Deed.FAULT_INJECT}
    assert least[AccessRole.ADMIN] == {deed for deed in Deed if deed.value.startswith(("user-", "certificate-"))}


@pytest.mark.parametrize("kind", OrderKind)
def test_roles_only_add(kind: OrderKind) -> None:
    assert not may_order(AccessRole.VIEWER, kind)
    allowed = [role for role in AccessRole if may_order(role, kind)]
    assert allowed == [role for role in AccessRole if role >= min(allowed)]


def test_what_an_operator_may_not() -> None:
    refused = {kind for kind in OrderKind if not may_order(AccessRole.OPERATOR, kind)}
    assert refused == {
        OrderKind.ARM,
        OrderKind.DRILL,
        OrderKind.MAINTENANCE_IN,
        OrderKind.MAINTENANCE_OUT,
        OrderKind.OUT_OF_SERVICE,
        OrderKind.IN_SERVICE,
        OrderKind.BYPASS,
        OrderKind.UNBYPASS,
    }


@pytest.mark.parametrize(
    ("role", "kinds"),
    [
        (AccessRole.VIEWER, ()),
        (AccessRole.OPERATOR, (OrderKind.SAFE,)),
        (AccessRole.ENGINEER, (OrderKind.BYPASS, OrderKind.SAFE)),
        (AccessRole.ADMIN, (OrderKind.BYPASS, OrderKind.SAFE)),
    ],
)
def test_who_may_be_the_second_person(role: AccessRole, kinds: tuple[OrderKind, ...]) -> None:
    assert seconds(role) == kinds
