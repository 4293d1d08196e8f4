from django.apps import AppConfig


class ChannelsCustom(AppConfig):
    name = "channels_custom"
    verbose_name = "Channels custom"
