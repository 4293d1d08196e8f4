from helpdesk.channels.admin import languages, schedules

__all__ = ("languages", "schedules")
