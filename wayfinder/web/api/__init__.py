"""The HTTP interface: one file per resource."""

from flask import current_app

from wayfinder.assembly import Services


def get_services() -> Services:
    """The services of the city that holds now.

    Raises
    ------
    CityError
        While there is none.
    """
    services: Services = current_app.config["SERVICES"]()
    return services
