"""What every app may use and no app owns: no models, no words of the domain."""
