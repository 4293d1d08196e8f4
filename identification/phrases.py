"""The words of the identification dialog, of what customers are told of new links, and of the page that undoes one,
in the languages that we speak. `{time}` in the dialog: minutes and seconds.
"""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

# Key → what an admin reads beside the input.
PHRASES = {
    "title": _("Title"),
    "intro": _("What to do with the code"),
    "create": _("Button: create a code"),
    "creating": _("While the code is made"),
    "copy": _("Button: copy"),
    "copied": _("After copying"),
    "valid_for": _("How long it is valid ({time}: minutes and seconds)"),
    "minute_left": _("When one minute is left"),
    "expired": _("When the code has expired"),
    "new_code": _("Button: new code"),
    "error": _("When the code could not be made"),
    "retry": _("Button: try again"),
    "offline": _("Without a connection"),
    "unavailable": _("When the desk refuses"),
    "close": _("Button: close"),
    "open_in": _("Link that opens a chat with the code ({channel}: its title)"),
    "ask_title": _("Confirming: title"),
    "ask": _("Confirming: what is asked"),
    "ask_at": _("Confirming: when the code was sent ({time})"),
    "accept": _("Confirming, button: yes"),
    "decline": _("Confirming, button: no"),
    "accepted": _("Confirming: after yes"),
    "declined": _("Confirming: after no"),
    "ask_over": _("Confirming: when it is too late"),
    "ask_error": _("Confirming: when it could not be saved"),
    "notice": _("Message: another account was linked ({account}, {channel}, {time}, {link})"),
    "notice_here": _("Message: this account was linked ({account}, {time}, {link})"),
    "notice_undone": _("Message: a link was undone ({account}, {channel})"),
    "undo_title": _("Page that undoes a link: title"),
    "undo_intro": _("Page that undoes a link: what it does ({account}, {channel}, {time})"),
    "undo_button": _("Page that undoes a link: button"),
    "undo_done": _("Page that undoes a link: done"),
    "undo_used": _("Page that undoes a link: it was undone before"),
    "undo_expired": _("Page that undoes a link: seven days have passed"),
    "undo_late": _("Page that undoes a link: an agent has to decide"),
}
# Words that no dialog shows.
OUTSIDE = ("notice", "undo_")


def of_dialog(texts: Mapping[str, str]) -> dict[str, str]:
    """Without those of messages and of the page that undoes a link."""
    return {key: text for key, text in texts.items() if not key.startswith(OUTSIDE)}


WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Confirm your account",
        "intro": "Copy this code and send it in the chat.",
        "create": "Create a code",
        "creating": "Creating your code…",
        "copy": "Copy code",
        "copied": "Copied",
        "valid_for": "Valid for {time}",
        "minute_left": "One minute left",
        "expired": "This code has expired",
        "new_code": "New code",
        "error": "The code could not be created.",
        "retry": "Try again",
        "offline": "You are offline.",
        "unavailable": "Identification is not available now.",
        "close": "Close",
        "open_in": "Open in {channel}",
        "ask_title": "Is this you?",
        "ask": "Somebody sent your code in a chat. Is this your account there?",
        "ask_at": "Sent at {time}",
        "accept": "Yes, this is me",
        "decline": "No, this is not me",
        "accepted": "Confirmed. The chat knows now that it is you.",
        "declined": "Nothing was linked. Do not pass codes on to others: whoever has one can write in your name.",
        "ask_over": "This request is over. Create a new code if you need one.",
        "ask_error": "Your answer could not be saved. Try again.",
        "notice": (
            "A new account was linked to you: {account} ({channel}, {time}). Was that not you? Undo it within "
            "seven days: {link}"
        ),
        "notice_here": (
            "This chat now belongs to the account {account} ({time}). Was that not you? Undo it within seven "
            "days: {link}"
        ),
        "notice_undone": "The link with {account} ({channel}) was undone.",
        "undo_title": "Undo this link?",
        "undo_intro": (
            "{account} ({channel}) was linked to this account at {time}. If that was not you, undo it: the two "
            "are separated, and stay so."
        ),
        "undo_button": "This was not me: undo it",
        "undo_done": (
            "Undone. The two accounts are separated, and our team has been told. If it was you after all, write to us."
        ),
        "undo_used": "This was undone already. There is nothing more to do.",
        "undo_expired": (
            "This link does not work any more: it is older than seven days, or it is not complete. If you think "
            "that something is wrong, write to us."
        ),
        "undo_late": (
            "This cannot be undone by itself any more, since something newer depends on it. Our team has been "
            "told and will look at it."
        ),
    },
    "de": {
        "title": "Konto bestätigen",
        "intro": "Kopieren Sie diesen Code und senden Sie ihn im Chat.",
        "create": "Code erstellen",
        "creating": "Ihr Code wird erstellt …",
        "copy": "Code kopieren",
        "copied": "Kopiert",
        "valid_for": "Noch {time} gültig",
        "minute_left": "Noch eine Minute",
        "expired": "Dieser Code ist abgelaufen",
        "new_code": "Neuer Code",
        "error": "Der Code konnte nicht erstellt werden.",
        "retry": "Noch einmal versuchen",
        "offline": "Sie sind offline.",
        "unavailable": "Die Identifizierung ist gerade nicht möglich.",
        "close": "Schließen",
        "open_in": "In {channel} öffnen",
        "ask_title": "Sind Sie das?",
        "ask": "Jemand hat Ihren Code in einem Chat gesendet. Ist das dort Ihr Konto?",
        "ask_at": "Gesendet um {time}",
        "accept": "Ja, das bin ich",
        "decline": "Nein, das bin ich nicht",
        "accepted": "Bestätigt. Der Chat weiß jetzt, dass Sie es sind.",
        "declined": (
            "Es wurde nichts verknüpft. Geben Sie Codes nicht weiter: Wer einen hat, kann in Ihrem Namen schreiben."
        ),
        "ask_over": "Diese Anfrage ist vorbei. Erstellen Sie bei Bedarf einen neuen Code.",
        "ask_error": "Ihre Antwort konnte nicht gespeichert werden. Versuchen Sie es noch einmal.",
        "notice": (
            "Ein neues Konto wurde mit Ihnen verknüpft: {account} ({channel}, {time}). Waren Sie das nicht? "
            "Machen Sie es innerhalb von sieben Tagen rückgängig: {link}"
        ),
        "notice_here": (
            "Dieser Chat gehört jetzt zum Konto {account} ({time}). Waren Sie das nicht? Machen Sie es innerhalb "
            "von sieben Tagen rückgängig: {link}"
        ),
        "notice_undone": "Die Verknüpfung mit {account} ({channel}) wurde rückgängig gemacht.",
        "undo_title": "Verknüpfung rückgängig machen?",
        "undo_intro": (
            "{account} ({channel}) wurde um {time} mit diesem Konto verknüpft. Wenn Sie das nicht waren, machen "
            "Sie es rückgängig: Die beiden werden getrennt und bleiben es."
        ),
        "undo_button": "Das war ich nicht: rückgängig machen",
        "undo_done": (
            "Rückgängig gemacht. Die beiden Konten sind getrennt, und unser Team weiß Bescheid. Wenn Sie es doch "
            "waren, schreiben Sie uns."
        ),
        "undo_used": "Das wurde schon rückgängig gemacht. Es ist nichts mehr zu tun.",
        "undo_expired": (
            "Dieser Link funktioniert nicht mehr: Er ist älter als sieben Tage oder unvollständig. Wenn Sie "
            "glauben, dass etwas nicht stimmt, schreiben Sie uns."
        ),
        "undo_late": (
            "Das lässt sich nicht mehr von selbst rückgängig machen, weil Neueres davon abhängt. Unser Team weiß "
            "Bescheid und sieht es sich an."
        ),
    },
    "fr": {
        "title": "Confirmez votre compte",
        "intro": "Copiez ce code et envoyez-le dans la discussion.",
        "create": "Créer un code",
        "creating": "Création de votre code…",
        "copy": "Copier le code",
        "copied": "Copié",
        "valid_for": "Valable encore {time}",
        "minute_left": "Plus qu’une minute",
        "expired": "Ce code a expiré",
        "new_code": "Nouveau code",
        "error": "Le code n’a pas pu être créé.",
        "retry": "Réessayer",
        "offline": "Vous êtes hors ligne.",
        "unavailable": "L’identification n’est pas disponible pour le moment.",
        "close": "Fermer",
        "open_in": "Ouvrir dans {channel}",
        "ask_title": "Est-ce bien vous ?",
        "ask": "Quelqu’un a envoyé votre code dans une discussion. Est-ce votre compte ?",
        "ask_at": "Envoyé à {time}",
        "accept": "Oui, c’est moi",
        "decline": "Non, ce n’est pas moi",
        "accepted": "Confirmé. La discussion sait maintenant que c’est vous.",
        "declined": "Rien n’a été associé. Ne transmettez pas vos codes : qui en possède un peut écrire en votre nom.",
        "ask_over": "Cette demande est terminée. Créez un nouveau code si besoin.",
        "ask_error": "Votre réponse n’a pas pu être enregistrée. Réessayez.",
        "notice": (
            "Un nouveau compte vous a été associé : {account} ({channel}, {time}). Ce n’était pas vous ? "
            "Annulez-le dans les sept jours : {link}"
        ),
        "notice_here": (
            "Cette discussion appartient désormais au compte {account} ({time}). Ce n’était pas vous ? Annulez-le "
            "dans les sept jours : {link}"
        ),
        "notice_undone": "L’association avec {account} ({channel}) a été annulée.",
        "undo_title": "Annuler cette association ?",
        "undo_intro": (
            "{account} ({channel}) a été associé à ce compte à {time}. Si ce n’était pas vous, annulez : les deux "
            "seront séparés et le resteront."
        ),
        "undo_button": "Ce n’était pas moi : annuler",
        "undo_done": (
            "Annulé. Les deux comptes sont séparés et notre équipe est prévenue. Si c’était bien vous, écrivez-nous."
        ),
        "undo_used": "Cela a déjà été annulé. Il n’y a plus rien à faire.",
        "undo_expired": (
            "Ce lien ne fonctionne plus : il a plus de sept jours ou il est incomplet. Si quelque chose vous "
            "semble anormal, écrivez-nous."
        ),
        "undo_late": (
            "Cela ne peut plus être annulé automatiquement, car un changement plus récent en dépend. Notre équipe "
            "est prévenue et va s’en occuper."
        ),
    },
    "es": {
        "title": "Confirme su cuenta",
        "intro": "Copie este código y envíelo en el chat.",
        "create": "Crear un código",
        "creating": "Creando su código…",
        "copy": "Copiar el código",
        "copied": "Copiado",
        "valid_for": "Válido durante {time}",
        "minute_left": "Queda un minuto",
        "expired": "Este código ha caducado",
        "new_code": "Nuevo código",
        "error": "No se ha podido crear el código.",
        "retry": "Reintentar",
        "offline": "No tiene conexión.",
        "unavailable": "La identificación no está disponible en este momento.",
        "close": "Cerrar",
        "open_in": "Abrir en {channel}",
        "ask_title": "¿Es usted?",
        "ask": "Alguien ha enviado su código en un chat. ¿Es esa su cuenta?",
        "ask_at": "Enviado a las {time}",
        "accept": "Sí, soy yo",
        "decline": "No, no soy yo",
        "accepted": "Confirmado. El chat ya sabe que es usted.",
        "declined": "No se ha vinculado nada. No comparta sus códigos: quien tiene uno puede escribir en su nombre.",
        "ask_over": "Esta solicitud ha terminado. Cree un código nuevo si lo necesita.",
        "ask_error": "No se ha podido guardar su respuesta. Inténtelo de nuevo.",
        "notice": (
            "Se le ha vinculado una cuenta nueva: {account} ({channel}, {time}). ¿No fue usted? Deshágalo en "
            "siete días: {link}"
        ),
        "notice_here": (
            "Este chat pertenece ahora a la cuenta {account} ({time}). ¿No fue usted? Deshágalo en siete días: {link}"
        ),
        "notice_undone": "Se ha deshecho el vínculo con {account} ({channel}).",
        "undo_title": "¿Deshacer este vínculo?",
        "undo_intro": (
            "{account} ({channel}) se vinculó a esta cuenta a las {time}. Si no fue usted, deshágalo: las dos se "
            "separan y así seguirán."
        ),
        "undo_button": "No fui yo: deshacer",
        "undo_done": (
            "Deshecho. Las dos cuentas están separadas y nuestro equipo está avisado. Si al final era usted, "
            "escríbanos."
        ),
        "undo_used": "Esto ya se deshizo. No hay nada más que hacer.",
        "undo_expired": (
            "Este enlace ya no funciona: tiene más de siete días o está incompleto. Si cree que algo va mal, "
            "escríbanos."
        ),
        "undo_late": (
            "Esto ya no se puede deshacer por sí solo, porque algo más reciente depende de ello. Nuestro equipo "
            "está avisado y lo revisará."
        ),
    },
}
