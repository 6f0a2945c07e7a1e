from scrutiny.models.body import Body
from scrutiny.models.calendar import CalendarLink
from scrutiny.models.change import PromiseChange
from scrutiny.models.claim import ClaimParty, ClaimState, PartyAnswer
from scrutiny.models.decision import COMMITTEE_YEARS, Decision, DecisionCost
from scrutiny.models.file import DecisionFile
from scrutiny.models.meeting import Meeting
from scrutiny.models.promise import Promise
from scrutiny.models.question import Question, QuestionList
from scrutiny.models.statement import Statement

__all__ = [
    "COMMITTEE_YEARS",
    "Body",
    "CalendarLink",
    "ClaimParty",
    "ClaimState",
    "Decision",
    "DecisionCost",
    "DecisionFile",
    "Meeting",
    "PartyAnswer",
    "Promise",
    "PromiseChange",
    "Question",
    "QuestionList",
    "Statement",
]
