"""Pages that need no sign-in; those of the site itself are in digests.views.site_urls."""

from django.urls import path

from digests import views

urlpatterns = [
    path("unsubscribe/<str:key>/", views.unsubscribe, name="unsubscribe"),
]
