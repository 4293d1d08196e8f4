from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0005_attention_and_ratings"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="rating",
            index=models.Index(
                condition=models.Q(("rated_at__isnull", False)), fields=["rated_at"], name="rating_given"
            ),
        ),
    ]
