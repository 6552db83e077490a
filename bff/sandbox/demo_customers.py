"""The two customers that a demo starts with. The passwords are public; they open nothing but the sandbox."""

from __future__ import annotations

from bff.sandbox.state import LegalEntity, State, new_login

B2C_EMAIL = "jane.doe@example.com"
B2C_PASSWORD = "Violet-Harbour-38"  # nosec B105 # noqa: S105 - public on purpose

B2B_EMAIL = "john.doe@example.com"
B2B_PASSWORD = "Copper-Lantern-71"  # nosec B105 # noqa: S105 - public on purpose

LEGAL_ENTITIES = (
    LegalEntity(id="D165356", name="Example Trading", contact_assignment_id="D436432"),
    LegalEntity(id="D165357", name="Example Logistics", contact_assignment_id="D436433"),
)


def add_demo_customers(state: State, *, tenant: str) -> None:
    """Store both customers."""
    preferences = {"preferredLanguage": "en_US", "preferredCurrency": "EUR", "preferredSite": "main"}
    jane = state.add_customer(
        tenant=tenant,
        email=B2C_EMAIL,
        document={
            "title": "MS",
            "firstName": "Jane",
            "lastName": "Doe",
            "contactEmail": B2C_EMAIL,
            "contactPhone": "123456789",
            **preferences,
        },
        logins=[new_login(B2C_EMAIL, password=B2C_PASSWORD)],
    )
    home = {
        "contactName": "Jane Doe",
        "street": "Platz der Republik",
        "streetNumber": "1",
        "zipCode": "11011",
        "city": "Berlin",
        "country": "DE",
        "tags": ["BILLING", "SHIPPING"],
    }
    state.add_address(jane, dict(home), is_default=True)
    state.add_address(
        jane,
        {
            **home,
            "street": "Rynek",
            "zipCode": "31-042",
            "city": "Krakow",
            "country": "PL",
            "tags": ["SHIPPING"],
        },
    )
    john = state.add_customer(
        tenant=tenant,
        email=B2B_EMAIL,
        document={
            "title": "MR",
            "firstName": "John",
            "lastName": "Doe",
            "contactEmail": B2B_EMAIL,
            "company": LEGAL_ENTITIES[0].name,
            "b2b": {"companyRegistrationId": "123-456-789"},
            **preferences,
        },
        logins=[new_login(B2B_EMAIL, password=B2B_PASSWORD)],
        legal_entities=LEGAL_ENTITIES,
    )
    state.add_address(
        john,
        {**home, "contactName": "John Doe", "companyName": LEGAL_ENTITIES[0].name},
        is_default=True,
    )
