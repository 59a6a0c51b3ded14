"""The processes of Palautevirta: each service is a package that imports `services.runtime` and `schemas`, no other."""
