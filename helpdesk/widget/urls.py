from django.urls import path

from helpdesk.widget.api import views

urlpatterns = [
    path("<str:public_id>/config/", views.Look.as_view(), name="chat_config"),
    path("<str:public_id>/sessions/", views.Sessions.as_view(), name="chat_sessions"),
    path("<str:public_id>/session/", views.Session.as_view(), name="chat_session"),
    path("<str:public_id>/identify/", views.SignIn.as_view(), name="chat_identify"),
    path("<str:public_id>/attributes/", views.Attributes.as_view(), name="chat_attributes"),
    path("<str:public_id>/messages/", views.Messages.as_view(), name="chat_messages"),
    path("<str:public_id>/conversations/", views.Conversations.as_view(), name="chat_conversations"),
    path("<str:public_id>/conversations/<str:number>/messages/", views.Thread.as_view(), name="chat_thread"),
    path("<str:public_id>/conversations/<str:number>/read/", views.Read.as_view(), name="chat_read"),
    path("<str:public_id>/conversations/<str:number>/typing/", views.Typing.as_view(), name="chat_typing"),
    path("<str:public_id>/conversations/<str:number>/rating/", views.Rate.as_view(), name="chat_rating"),
    path("<str:public_id>/conversations/<str:number>/transcript/", views.Transcript.as_view(), name="chat_transcript"),
]
