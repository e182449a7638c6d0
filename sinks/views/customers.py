"""Views of customers as they are now."""

from typing import Final

from sinks.views.view import View

CUSTOMERS_PERSONAL: Final = View(
    "customers_personal",
    "One row a customer as of now, with what names them: the active profiles with what service people ask for most. "
    "For analyses take `customers`.",
    {
        "customer_id": "32 hexadecimal digits.",
        "known": "Whether a personal identifier is known.",
        "first_name": "Given name.",
        "last_name": "Family name.",
        "birth_date": "Birth date: YYYY-MM-DD where it means one day, else as it came.",
        "city": "City.",
        "country": "ISO 3166 alpha-2 code.",
        "language": "Preferred language, else the newest one; BCP 47 tag.",
        "emails": "Normalised e-mail addresses.",
        "phones": "Normalised phone numbers.",
        "loyalty_ids": "Normalised loyalty numbers.",
        "identifier_count": "Number of identifiers of any type.",
        "first_channel": "The channel that acquired them.",
        "first_touch_at": "Event time of the first touchpoint, UTC.",
        "last_touch_at": "Event time of the last touchpoint, UTC.",
        "touches": "Number of touchpoints.",
        "channels": "The channels they used, in order of the alphabet.",
        "orders": "Number of purchases.",
        "returns": "Number of returns.",
        "revenue": "Purchases less returns by currency, in currency units.",
        "consents_granted": "purpose/channel of what is permitted; * is every channel that neither list names.",
        "consents_denied": "purpose/channel of what was spoken of and is not permitted; the same of *.",
        "revision": "Revision of the profile.",
        "updated_at": "When that revision was made; processing time, UTC.",
    },
    """
    SELECT customer_id, known, first_name, last_name, birth_date, city, country,
           coalesce(preferred_language, language) AS language,
           list_transform(list_filter(identifiers, lambda i: i.type = 'email'), lambda i: i.value) AS emails,
           list_transform(list_filter(identifiers, lambda i: i.type = 'phone'), lambda i: i.value) AS phones,
           list_transform(list_filter(identifiers, lambda i: i.type = 'loyalty_id'), lambda i: i.value) AS loyalty_ids,
           len(identifiers) AS identifier_count,
           first_channel, first_touch_at, last_touch_at, touches,
           list_sort(map_keys(touches_by_channel)) AS channels,
           orders, returns, revenue,
           list_transform(list_filter(permissions, lambda p: p.permitted),
                          lambda p: p.purpose || '/' || p.channel) AS consents_granted,
           list_transform(list_filter(permissions, lambda p: NOT p.permitted),
                          lambda p: p.purpose || '/' || p.channel) AS consents_denied,
           revision, updated_at
    FROM profiles
    WHERE status = 'active'
    """,
)

CUSTOMERS: Final = View(
    "customers",
    "One row a customer as of now: the active profiles with what analysts ask for most. Personal columns are masked; "
    "what is rare may still point at somebody, so this is pseudonymous, not anonymous.",
    {
        "customer_id": "32 hexadecimal digits: a keyed hash, so a pseudonym. It joins with the other views.",
        "known": "Whether a personal identifier is known.",
        "initials": "First letters of given name and family name, such as A. B.",
        "birth_year": "Year of the birth date; empty where it does not begin with one.",
        "city": "City, of all the address.",
        "country": "ISO 3166 alpha-2 code.",
        "language": "Preferred language, else the newest one; BCP 47 tag.",
        "emails": "First letter and domain of each e-mail address, such as a***@example.com.",
        "phones": "Last two digits of each phone number, such as ***45.",
        "identifier_count": "Number of identifiers of any type.",
        "first_channel": "The channel that acquired them.",
        "first_touch_at": "Event time of the first touchpoint, UTC.",
        "last_touch_at": "Event time of the last touchpoint, UTC.",
        "touches": "Number of touchpoints.",
        "channels": "The channels they used, in order of the alphabet.",
        "orders": "Number of purchases.",
        "returns": "Number of returns.",
        "revenue": "Purchases less returns by currency, in currency units.",
        "consents_granted": "purpose/channel of what is permitted; * is every channel that neither list names.",
        "consents_denied": "purpose/channel of what was spoken of and is not permitted; the same of *.",
    },
    """
    SELECT customer_id, known,
           nullif(concat_ws(' ', nullif(left_grapheme(first_name, 1), '') || '.',
                                 nullif(left_grapheme(last_name, 1), '') || '.'), '') AS initials,
           TRY_CAST(nullif(regexp_extract(birth_date, '^(\\d{4})(-|$)', 1), '') AS INTEGER) AS birth_year,
           city, country, language,
           list_transform(emails, lambda email: left_grapheme(email, 1) || '***@' || split_part(email, '@', -1))
               AS emails,
           list_transform(phones, lambda phone: '***' || right(phone, 2)) AS phones,
           identifier_count, first_channel, first_touch_at, last_touch_at, touches, channels, orders, returns, revenue,
           consents_granted, consents_denied
    FROM customers_personal
    """,
)

VALUE_BY_ACQUIRING_CHANNEL: Final = View(
    "value_by_acquiring_channel",
    "One row a channel that acquired customers and a currency they spent in: what these customers are worth.",
    {
        "channel": "Channel of the customers' first touchpoint.",
        "currency": "ISO 4217 code; empty where nobody of the channel bought.",
        "customers": "Customers the channel acquired, in every currency and none.",
        "known_customers": "Those with a personal identifier.",
        "buyers": "Those with revenue or returns in this currency.",
        "revenue": "Purchases less returns of these customers in any channel, in currency units.",
        "revenue_per_customer": "Revenue by acquired customer, in currency units.",
    },
    """
    WITH acquired AS (
        SELECT first_channel AS channel, count(*) AS customers, count(*) FILTER (known) AS known_customers
        FROM profiles WHERE status = 'active' GROUP BY ALL
    ), spent AS (
        SELECT first_channel AS channel, unnest(map_entries(revenue)) AS entry
        FROM profiles WHERE status = 'active'
    ), totals AS (
        SELECT channel, entry.key AS currency, count(*) AS buyers, sum(entry.value) AS revenue
        FROM spent GROUP BY ALL
    )
    SELECT acquired.channel, currency, customers, known_customers, coalesce(buyers, 0) AS buyers,
           coalesce(revenue, 0) AS revenue,
           round(coalesce(revenue, 0)::DOUBLE / customers, 2) AS revenue_per_customer
    FROM acquired
    LEFT JOIN totals ON totals.channel IS NOT DISTINCT FROM acquired.channel
    """,
)

CONTACT_POINTS: Final = View(
    "contact_points",
    "One row an e-mail address or telephone number of a customer as of now, and what it was found to be.",
    {
        "customer_id": "The customer.",
        "type": "email or phone.",
        "masked": "First letter and domain of the address, or the last two digits of the number; whole in identifiers.",
        "quality": "verified, bounced ... as the newest touchpoint that told anything found; empty where none did.",
        "usable": "Whether it is neither shared by several people nor known to be bad.",
        "shared": "Seen with more others than its type allows.",
        "first_seen": "Event time of the first touchpoint with it, UTC.",
    },
    """
    SELECT customer_id, type,
           CASE type WHEN 'email' THEN left_grapheme(value, 1) || '***@' || split_part(value, '@', -1)
                     ELSE '***' || right(value, 2) END AS masked,
           quality,
           NOT shared AND coalesce(quality, '') NOT IN ('bounced', 'invalid') AS usable, shared, first_seen
    FROM identifiers WHERE type IN ('email', 'phone')
    """,
)

PREFERENCES: Final = View(
    "preferences",
    "One row something that a customer said of how they want to be served, as of now: never ask it again.",
    {
        "customer_id": "The customer.",
        "preference": "language, channel, store, receipt or contact.",
        "value": "What they said; of several answers the one that survives.",
        "told_at": "Event time of the touchpoint that told it, UTC.",
        "source": "Its source.",
        "event_id": "Its event id, unique within its source.",
    },
    """
    WITH told AS (
        SELECT customer_id, unnest(traits) AS trait FROM profiles WHERE status = 'active'
    )
    SELECT customer_id, replace(replace(trait.name, 'preferred_', ''), '_preference', '') AS preference,
           trait.value AS value, trait.event_time AS told_at, trait.source AS source, trait.event_id AS event_id
    FROM told WHERE trait.name LIKE 'preferred\\_%' ESCAPE '\\' OR trait.name LIKE '%\\_preference' ESCAPE '\\'
    """,
)
