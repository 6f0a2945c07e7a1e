from digests.models.content import Content
from digests.models.edition import AlertTold, Edition
from digests.models.subscription import Subscription

__all__ = ["AlertTold", "Content", "Edition", "Subscription"]
