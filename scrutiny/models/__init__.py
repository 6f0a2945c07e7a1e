from scrutiny.models.body import Body
from scrutiny.models.claim import ClaimParty, ClaimState, PartyAnswer
from scrutiny.models.decision import Decision, DecisionCost
from scrutiny.models.promise import Promise
from scrutiny.models.question import Question, QuestionList
from scrutiny.models.statement import Statement

__all__ = [
    "Body",
    "ClaimParty",
    "ClaimState",
    "Decision",
    "DecisionCost",
    "PartyAnswer",
    "Promise",
    "Question",
    "QuestionList",
    "Statement",
]
