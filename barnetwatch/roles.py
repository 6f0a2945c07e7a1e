"""What each role may do, as a table. It is put into the groups after every migration.

A line reads: what may be done, the app, its kinds of row. What is not listed is taken away again,
so the table is the whole truth. Being cleared for exempt papers is no role.
"""

from collections.abc import Iterator

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from accounts.models import Role

#: The record, which everybody with one of the reading roles reads.
READ_THE_RECORD = """
    view         contracts   supplier suppliername source contract
    view         contracts   award awardpreference contractedsum variation withdrawal
    view         contracts   service capability capabilitygap commitment measurement servicecredit
    view         contracts   discrepancy reading readingpreference
    view         costs       costline costentry threshold
    view         costs       overrunalert alertrevision alertacknowledgement
    view         costs       creditreceived
    view         costs       publisher paymentfile filereading filewithdrawal
    view         costs       payee payment unreadablerow attributionrule ruletakenback
    view         costs       paymentallocation allocationreleased
    view         incidents   incident incidentupdate incidentcost failurefile
    view         contracts   sourcefile
    view         scrutiny    decisionfile
    view         scrutiny    body decision decisioncost statement
    view         scrutiny    promise promisechange meeting
    view         scrutiny    claimparty partyanswer claimstate
"""
#: Whether the checks keep up.
WATCH = """
    view         contracts   recheck
"""
#: What every officer who writes does besides.
OFFICERS = """
    add          contracts   source sourcefile
    add          costs       alertacknowledgement
    view         accounts    restrictionchange
"""
KEEP_INCIDENTS = """
    add change   incidents   incident failurefile
    add          incidents   incidentupdate incidentcost
"""
KEEP_CONTRACTS = """
    add change   contracts   supplier suppliername source sourcefile contract
    delete       contracts   suppliername
    add          contracts   award awardpreference contractedsum variation withdrawal
    add change   contracts   service capability capabilitygap commitment measurement
    add change   contracts   discrepancy reading
    add          contracts   readingpreference servicecredit
    add change   scrutiny    body decision decisioncost promise statement meeting claimparty
    add change   scrutiny    decisionfile
    add          scrutiny    promisechange partyanswer claimstate
"""
KEEP_COSTS = """
    add change   costs       costline threshold
    add          costs       costentry creditreceived
    add change   costs       publisher
    add          costs       paymentfile filewithdrawal attributionrule ruletakenback
    add          costs       paymentallocation allocationreleased
"""
#: Their own alone: no role reads another's.
KEEP_QUESTIONS = """
    view add change delete   scrutiny   questionlist question
"""
#: Requests to see a record, and leave to see one.
ANSWER_REQUESTS = """
    view change   accounts   accessrequest grant
"""
READ_MAIL = """
    view         digests     subscription content edition
"""
KEEP_MAIL = """
    change       digests     edition
"""
READ_PEOPLE = """
    view         accounts    user clearance grant auditentry
    view         auth        group
"""
KEEP_PEOPLE = """
    add change   accounts    user
    add delete   accounts    clearance
    change       accounts    grant
"""

VERBS = frozenset({"view", "add", "change", "delete"})
ROLES: dict[Role, str] = {
    Role.COUNCILLOR: READ_THE_RECORD + KEEP_QUESTIONS,
    Role.INCIDENT_OFFICER: READ_THE_RECORD + WATCH + OFFICERS + KEEP_INCIDENTS,
    Role.CONTRACT_OFFICER: READ_THE_RECORD + WATCH + OFFICERS + KEEP_CONTRACTS + ANSWER_REQUESTS,
    Role.FINANCE_OFFICER: READ_THE_RECORD + WATCH + OFFICERS + KEEP_COSTS,
    Role.AUDITOR: READ_THE_RECORD + READ_PEOPLE + READ_MAIL + WATCH,
    Role.ADMINISTRATOR: READ_PEOPLE + KEEP_PEOPLE + READ_MAIL + KEEP_MAIL + WATCH,
}


def permissions_of(role: Role) -> set[str]:
    """The permissions of a role, such as costs.add_costentry."""
    return set(_read(ROLES[role]))


def make() -> None:
    """Make the groups and give each exactly what the table says."""
    for role in Role:
        wanted = permissions_of(role)
        group, _ = Group.objects.get_or_create(name=role.value)
        held = group.permissions.select_related("content_type")
        if {f"{each.content_type.app_label}.{each.codename}" for each in held} != wanted:
            group.permissions.set(_find(wanted))


def _read(table: str) -> Iterator[str]:
    for words in filter(None, map(str.split, table.splitlines())):
        verbs = [word for word in words if word in VERBS]
        app, *models = words[len(verbs) :]
        yield from (f"{app}.{verb}_{model}" for verb in verbs for model in models)


def _find(wanted: set[str]) -> list[Permission]:
    named = Q()
    for name in wanted:
        app, codename = name.split(".")
        named |= Q(content_type__app_label=app, codename=codename)
    found = list(Permission.objects.filter(named))
    if len(found) != len(wanted):
        raise LookupError("The table of roles names a kind of row that does not exist.")
    return found
