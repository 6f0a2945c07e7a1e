"""Pages that need no sign-in, and those that the site puts behind its own."""

from django.urls import path

from digests import outboxviews, views

urlpatterns = [
    path("unsubscribe/<slug:key>/", views.unsubscribe, name="unsubscribe"),
]

#: The pages of the site: address, name, view.
SITE_PAGES = (
    ("digest/", "digest", views.following),
    ("digest/preview/", "digest_preview", views.preview),
    ("digest/preview/mail/", "digest_preview_mail", views.preview_mail),
    ("digest/past/<int:pk>/", "digest_past", views.past),
    ("digest/past/<int:pk>/mail/", "digest_past_mail", views.past_mail),
    ("digest/outbox/", "outbox", outboxviews.outbox_list),
    ("digest/outbox/<int:pk>/", "outbox_mail", outboxviews.outbox_text),
    ("digest/outbox/<int:pk>/mail/", "outbox_mail_html", outboxviews.outbox_html),
)
