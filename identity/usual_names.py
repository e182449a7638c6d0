"""What other systems call the identifiers that Onefold knows: for advice only, nothing is read under these names.

A name is here where it nearly always means one of the types beside it. Digests (``email_sha256``) are not: the digest
of an address is no address.
"""

from collections.abc import Container, Mapping
from typing import Final

from identity.normalise import folded_type

_USUAL: Final[Mapping[str, str]] = {
    "customer_id": """
        user_id uid user customer customer_no customer_nr customer_num customer_number customer_key customer_code
        cust_id client_number account_id account_no account_number shopper_id buyer_id external_id external_user_id
        kunden_id kunden_nr kundennummer numero_client id_client id_cliente numero_cliente klantnummer klant_id
    """,
    "loyalty_id": """
        loyalty loyalty_card loyalty_card_id loyalty_card_number loyalty_no loyalty_number member_id member_no
        member_number membership_id membership_no membership_number rewards_id rewards_number bonus_card club_card
        kundenkarte kundenkartennummer mitgliedsnummer carte_fidelite
    """,
    "crm_id": """
        contact_id contact_key person_id profile_id lead_id subscriber_key salesforce_id salesforce_contact_id sfdc_id
        hubspot_id hubspot_contact_id dynamics_id
    """,
    "email": """
        email_address mail mail_address user_email customer_email contact_email primary_email email_1
        work_email personal_email private_email email_plain mailadresse email_adresse courriel
        adresse_email correo correo_electronico emailadres
    """,
    "phone": """
        phone_no phone_number phone_num mobile mobile_no mobile_number mobile_phone mobile_phone_number msisdn telephone
        telephone_number tel tel_no cell cell_phone contact_phone home_phone work_phone phone_e164 whatsapp
        whatsapp_number handy handynummer mobil mobilnummer mobiltelefon telefon telefonnummer portable telefono movil
    """,
    "social_handle": """
        handle social_id social_name screen_name twitter twitter_handle x_handle instagram instagram_handle
        instagram_username tiktok tiktok_handle github github_login
    """,
    "device_id": """
        device device_uuid device_identifier android_id idfv vendor_id identifier_for_vendor installation_id install_id
        app_instance_id hardware_id
    """,
    "advertising_id": """
        gaid idfa aaid adid advertiser_id maid mobile_ad_id mobile_advertising_id google_advertising_id gps_adid
        apple_advertising_id identifier_for_advertisers rdid oaid roku_advertising_id
    """,
    "cookie": """
        anonymous_id anon_id ajs_anonymous_id visitor_id visitor_cookie cookie_id browser_id ga ga_client_id ga_cid
        domain_user_id network_user_id user_pseudo_id fbp fpid first_party_id ecid mcid mcvisid
    """,
    "customer_id cookie": "client_id distinct_id",
    "customer_id social_handle": "username login nickname",
}
"""Known types, and what else they are called, in any spelling that :func:`folded_type` makes one."""

_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    folded_type(name): tuple(types.split()) for types, names in _USUAL.items() for name in names.split()
}


def likely_types(told: str, known: Container[str]) -> tuple[str, ...]:
    """Return which of the known types an unknown one likely means, most likely first; empty where nobody can tell."""
    return tuple(name for name in _TYPES.get(folded_type(told), ()) if name in known)
