"""`/api/v1/`: which app serves which resource."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from channels_custom.api import ChannelView, MessageView
from channels_custom.delivery_api import DeliveryView
from helpdesk.cases.api.events import EventView, LabelView
from helpdesk.cases.api.later import MacroView
from helpdesk.cases.api.notifications import NotificationView
from helpdesk.cases.api.statistics import StatisticsView
from helpdesk.cases.api.views import CaseView
from helpdesk.users.api import operations, team
from helpdesk.users.api import views as users
from helpdesk.users.api.conflicts import ConflictView
from helpdesk.users.api.schedules import ScheduleView
from identification.api import CodeView, RevocationView
from identification.settings_api import SigningKeyView, WidgetView
from rules.api import RuleGroupView, RuleView

router = SimpleRouter()
router.register("cases", CaseView, "case")
router.register("messages", MessageView, "message")
router.register("custom_channels", ChannelView, "custom_channel")
router.register("webhooks/deliveries", DeliveryView, "delivery")
router.register("users", users.UserView, "user")
router.register("persons", operations.PersonView, "person")
router.register("operations", operations.OperationView, "operation")
router.register("conflicts", ConflictView, "conflict")
router.register("identification_codes", CodeView, "identification_code")
router.register("events", EventView, "event")
router.register("notifications", NotificationView, "notification")
router.register("statistics", StatisticsView, "statistics")
router.register("signing_keys", SigningKeyView, "signing_key")
router.register("widgets", WidgetView, "widget")
router.register("rules/groups", RuleGroupView, "rule_group")
router.register("rules", RuleView, "rule")
router.register("labels", LabelView, "label")
router.register("macros", MacroView, "macro")
router.register("groups", users.GroupView, "group")
router.register("staff", team.StaffView, "staff")
router.register("roles", team.RoleView, "role")
router.register("agent_statuses", team.StatusView, "agent_status")
router.register("companies", users.CompanyView, "company")
router.register("custom_fields", users.CustomFieldView, "custom_field")
router.register("schedules", ScheduleView, "schedule")
router.register("languages", users.LanguageView, "language")

urlpatterns = [
    *router.urls,
    path("users/<str:pk>/revoke_tokens/", RevocationView.as_view({"post": "create"}), name="user-revoke-tokens"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
]
