"""What people in marketing, service and analysis ask, each with the SQL that answers it: the source of a document."""

from typing import Final, NamedTuple


class Question(NamedTuple):
    """A question and its answer's SQL.

    Attributes:
        section: who asks.
        title: the question.
        text: how to read the answer, in a sentence.
        sql: one statement that reads the lake.
    """

    section: str
    title: str
    text: str
    sql: str


_WORTH, _CAMPAIGNS, _PATHS = "Value and loyalty", "Marketing: campaigns and attribution", "Journeys"
_SERVICE, _CONSENT, _PEOPLE = "Service and experience", "Consent", "Segments, offers and reach"

QUESTIONS: Final = (
    Question(
        _WORTH,
        "How many customers are there, and how many bought?",
        "A customer is a person, however many identifiers they have.",
        """
SELECT count(*) AS customers, count(*) FILTER (orders > 0) AS buyers, sum(orders)::BIGINT AS orders,
       sum(returns)::BIGINT AS returns, sum(revenue_base) AS revenue_base
FROM customer_value
""",
    ),
    Question(
        _WORTH,
        "What did we sell each month, and to how many new buyers?",
        "Purchases less returns in the base currency; the first and the last month may not be whole.",
        """
SELECT month, customers, new_customers, orders, returns, revenue_base,
       round(average_basket_base, 2) AS average_basket_base
FROM monthly_value ORDER BY month
""",
    ),
    Question(
        _WORTH,
        "Who are the best customers?",
        "By revenue so far; the margin as far as it is told.",
        """
SELECT left(customer_id, 8) AS customer, orders, returns, revenue_base, margin_base, rfm, rfm_class
FROM customer_value ORDER BY revenue_base DESC, customer_id LIMIT 5
""",
    ),
    Question(
        _WORTH,
        "Who makes 80 % of the revenue?",
        "Among customers with positive revenue, the best first (Pareto).",
        """
SELECT customers, revenue_base, customers_for_80_percent, round(share_of_customers, 4) AS share_of_customers
FROM revenue_concentration
""",
    ),
    Question(
        _WORTH,
        "How much do the best 1, 10 and 50 % bring?",
        "The same curve at three of its points.",
        """
SELECT part AS best, count(*) AS customers, round(max(revenue_share), 4) AS revenue_share
FROM pareto, (VALUES (0.01), (0.1), (0.5)) AS parts(part)
WHERE customer_share <= part GROUP BY part ORDER BY part
""",
    ),
    Question(
        _WORTH,
        "How do customers divide by recency, frequency and monetary value?",
        "Each buyer is in exactly one class.",
        """
SELECT rfm_class, customers, round(share, 3) AS share, revenue_base, round(revenue_share, 3) AS revenue_share,
       round(mean_days_since_last_order, 1) AS mean_days_since_last_order
FROM rfm_segments ORDER BY revenue_base DESC
""",
    ),
    Question(
        _WORTH,
        "Who is about to leave?",
        "The segment about_to_leave of the policy: good customers who stay away. For a model's word see "
        "predicted_value.",
        """
SELECT left(customer_id, 8) AS customer, orders, revenue_base, round(days_since_last_order) AS days_since_last_order
FROM segment_members JOIN customer_value USING (customer_id)
WHERE segment = 'about_to_leave' ORDER BY revenue_base DESC, customer LIMIT 5
""",
    ),
    Question(
        _WORTH,
        "Who comes back, by month of the first purchase?",
        "Share of each cohort that buys in the first three months after.",
        """
SELECT cohort, max(customers) AS customers,
       round(max(share) FILTER (months_since = 1), 3) AS month_1,
       round(max(share) FILTER (months_since = 2), 3) AS month_2,
       round(max(share) FILTER (months_since = 3), 3) AS month_3
FROM retention_cohorts GROUP BY cohort ORDER BY cohort
""",
    ),
    Question(
        _WORTH,
        "How many buy a second, a third, a fourth time, and how soon?",
        "Share of those who came so far as the purchase before.",
        """
SELECT purchase, customers, round(share_of_previous, 3) AS share_of_previous,
       round(median_days_since_previous, 1) AS median_days_since_previous
FROM repeat_purchase ORDER BY purchase LIMIT 4
""",
    ),
    Question(
        _WORTH,
        "How large is a basket, by channel of sale?",
        "An order told by several sources counts once.",
        """
SELECT channel, count(*) AS orders, round(avg(amount_base), 2) AS average_basket_base,
       round(median(amount_base), 2) AS median_basket_base
FROM orders WHERE kind = 'purchase' GROUP BY channel ORDER BY orders DESC
""",
    ),
    Question(
        _WORTH,
        "Which products sell?",
        "Lines of purchases; an order's newest statement counts.",
        """
SELECT item.name AS product, sum(item.quantity)::BIGINT AS pieces, count(DISTINCT customer_id) AS customers
FROM (
    SELECT orders.customer_id, unnest(items) AS item
    FROM orders JOIN touchpoints ON touchpoints.source = orders.channel AND touchpoints.event_id = orders.event_id
    WHERE kind = 'purchase'
)
GROUP BY ALL ORDER BY pieces DESC, product LIMIT 5
""",
    ),
    Question(
        _WORTH,
        "Which products go together?",
        "Pairs that the most customers bought, in one order or in several.",
        """
WITH bought AS (
    SELECT DISTINCT orders.customer_id, unnest(items).name AS product
    FROM orders JOIN touchpoints ON touchpoints.source = orders.channel AND touchpoints.event_id = orders.event_id
    WHERE kind = 'purchase'
)
SELECT one.product AS product, other.product AS other_product, count(*) AS customers
FROM bought AS one JOIN bought AS other ON one.customer_id = other.customer_id AND one.product < other.product
GROUP BY ALL ORDER BY customers DESC, one.product, other.product LIMIT 5
""",
    ),
    Question(
        _WORTH,
        "What comes back?",
        "Returns by customer class: many returns may cost more than the revenue shows.",
        """
SELECT rfm_class, sum(orders)::BIGINT AS orders, sum(returns)::BIGINT AS returns,
       round(sum(returns) / sum(orders), 3) AS return_rate
FROM customer_value WHERE orders > 0 GROUP BY rfm_class ORDER BY return_rate DESC, rfm_class
""",
    ),
    Question(
        _WORTH,
        "How do members of the loyalty programme stand?",
        "By tier; points are what is added up from touchpoints.",
        """
SELECT tier, count(*) AS members, sum(points_balance) AS points_balance, sum(points_redeemed) AS points_redeemed
FROM loyalty GROUP BY tier ORDER BY members DESC, tier
""",
    ),
    Question(
        _WORTH,
        "What will buyers bring, by class, beside what they brought?",
        "The newest fit of onefold value fit: what is expected within its horizon, discounted, returns not taken off.",
        """
SELECT rfm_class, count(*) AS customers, sum(historical_value) AS brought,
       round(sum(predicted_value), 2) AS expected, round(sum(expected_orders), 1) AS expected_orders
FROM predicted_value JOIN customer_value USING (customer_id)
GROUP BY rfm_class ORDER BY expected DESC
""",
    ),
    Question(
        _WORTH,
        "Who is expected to bring most, and why?",
        "reasons says what sets them apart from the median customer.",
        """
SELECT left(customer_id, 8) AS customer, historical_value, round(predicted_value, 2) AS predicted_value,
       round(expected_orders, 1) AS expected_orders, round(probability_alive, 2) AS probability_alive, reasons
FROM predicted_value ORDER BY predicted_value DESC, customer LIMIT 5
""",
    ),
    Question(
        _WORTH,
        "Which good customers have probably stopped buying?",
        "Those who brought most of those whom the model takes for gone; of who bought once it cannot tell.",
        """
SELECT left(customer_id, 8) AS customer, orders, historical_value, round(probability_alive, 2) AS probability_alive,
       round(days_since_last_order) AS days_since_last_order
FROM predicted_value JOIN customer_value USING (customer_id)
WHERE probability_alive < 0.5 ORDER BY historical_value DESC, customer LIMIT 5
""",
    ),
    Question(
        _CAMPAIGNS,
        "Which click led to a purchase?",
        "The last touch before it that is a click or carries a click id.",
        """
SELECT order_id, channel, amount_base, click_channel, click_campaign,
       round(seconds_from_click / 3600, 1) AS hours_from_click
FROM conversions WHERE click_event_id IS NOT NULL ORDER BY amount_base DESC NULLS LAST, order_id LIMIT 5
""",
    ),
    Question(
        _CAMPAIGNS,
        "How long is the way from the first touch to a purchase?",
        "Within the days before a purchase that the policy names.",
        """
SELECT least(touches, 6) AS touches_up_to_6, count(*) AS purchases, round(avg(amount_base), 2) AS mean_amount_base,
       round(median(seconds_from_first_touch) / 86400, 1) AS median_days
FROM conversions GROUP BY 1 ORDER BY 1
""",
    ),
    Question(
        _CAMPAIGNS,
        "Who is credited for conversions, by which model?",
        "Each model gives all purchases away. Markov's removal effect is in `onefold attribution`.",
        """
PIVOT (
    SELECT campaign, model, round(conversions, 1) AS conversions FROM attribution WHERE campaign IS NOT NULL
) ON model IN ('first', 'last', 'linear', 'position_based', 'time_decay', 'shapley')
USING round(sum(conversions), 1) GROUP BY campaign ORDER BY shapley DESC LIMIT 10
""",
    ),
    Question(
        _CAMPAIGNS,
        "What do paid, owned and earned media contribute?",
        "By Shapley values.",
        """
SELECT media, round(conversions, 1) AS conversions, round(conversion_share, 3) AS conversion_share,
       round(revenue_base, 2) AS revenue_base, round(revenue_share, 3) AS revenue_share
FROM media_contribution WHERE model = 'shapley' ORDER BY revenue_base DESC
""",
    ),
    Question(
        _CAMPAIGNS,
        "Which campaigns help, and which close?",
        "Above 1 in the last column, a campaign helps more than it closes.",
        """
SELECT channel, campaign, last_conversions, assisted_conversions, round(assists_by_last, 2) AS assists_by_last
FROM assisted_conversions WHERE campaign IS NOT NULL
ORDER BY assisted_conversions DESC, channel, campaign LIMIT 8
""",
    ),
    Question(
        _CAMPAIGNS,
        "What does each campaign return on its cost?",
        "Over all channels that it uses; a return of -1 is all lost, 0 is even.",
        """
SELECT campaign, round(sum(cost_base), 2) AS cost_base, round(sum(revenue_base_shapley), 2) AS revenue_base,
       round((sum(revenue_base_shapley) - sum(cost_base))::DOUBLE / nullif(sum(cost_base), 0), 2)
           AS return_on_investment
FROM campaign_performance GROUP BY campaign ORDER BY return_on_investment NULLS LAST, campaign
""",
    ),
    Question(
        _CAMPAIGNS,
        "What does it cost to win a customer?",
        "Cost by first orders that the last touch is credited for, where there are any.",
        """
SELECT campaign, round(sum(cost_base), 2) AS cost_base, sum(new_customers) AS new_customers,
       round(sum(cost_base)::DOUBLE / nullif(sum(new_customers), 0), 2) AS cost_per_new_customer
FROM campaign_performance GROUP BY campaign HAVING sum(cost_base) > 0 ORDER BY cost_per_new_customer, campaign
""",
    ),
    Question(
        _CAMPAIGNS,
        "Which channels win new customers?",
        "First orders credited by first touch.",
        """
SELECT channel, round(sum(new_customers), 1) AS new_customers,
       round(sum(new_customers) / sum(sum(new_customers)) OVER (), 3) AS share
FROM attribution WHERE model = 'first' GROUP BY channel ORDER BY new_customers DESC, channel
""",
    ),
    Question(
        _CAMPAIGNS,
        "What are customers worth, by the campaign that won them?",
        "Won is by the first touchpoint of all; revenue is all that followed on any channel.",
        """
SELECT campaign, channel, media, customers, buyers, revenue_base, revenue_per_customer
FROM lifetime_value_by_campaign WHERE campaign IS NOT NULL
ORDER BY revenue_per_customer DESC, campaign, channel LIMIT 8
""",
    ),
    Question(
        _CAMPAIGNS,
        "What are customers of first-, second- and third-party data worth?",
        "Party is whose data the first touchpoint was.",
        """
SELECT party, sum(customers)::BIGINT AS customers, sum(buyers)::BIGINT AS buyers, sum(revenue_base) AS revenue_base,
       round(sum(revenue_base)::DOUBLE / sum(customers), 2) AS revenue_per_customer
FROM lifetime_value_by_campaign GROUP BY party ORDER BY customers DESC
""",
    ),
    Question(
        _CAMPAIGNS,
        "Do people click what they are shown or sent?",
        "A rate by impressions, else by messages sent; above 1, people click a message more than once.",
        """
SELECT campaign, channel, impressions, sent, opened, clicks, round(click_rate, 3) AS click_rate
FROM campaign_performance WHERE impressions + sent > 0 ORDER BY clicks DESC, campaign, channel
""",
    ),
    Question(
        _PATHS,
        "What happened to one customer, step by step?",
        "The first steps of the customer who changed channel most often.",
        """
SELECT step, event_time, channel, type, campaign, reason, amount, currency
FROM journeys
WHERE customer_id = (
    SELECT customer_id FROM journeys WHERE channel <> previous_channel
    GROUP BY customer_id ORDER BY count(*) DESC, customer_id LIMIT 1
)
ORDER BY step LIMIT 8
""",
    ),
    Question(
        _PATHS,
        "Which way do customers go from channel to channel?",
        "Steps that change the channel, the most frequent first.",
        """
SELECT split_part(from_step, ':', 1) AS from_channel, split_part(to_step, ':', 1) AS to_channel,
       sum(times)::BIGINT AS times, sum(times_in_session)::BIGINT AS times_in_session
FROM journey_flow WHERE split_part(from_step, ':', 1) <> split_part(to_step, ':', 1)
GROUP BY ALL ORDER BY times DESC, from_channel, to_channel LIMIT 8
""",
    ),
    Question(
        _PATHS,
        "Which paths lead to a purchase most often?",
        "Conversions among journeys of at least ten that went the same way.",
        """
SELECT array_to_string(path, ' > ') AS path, sum(journeys)::BIGINT AS journeys,
       coalesce(sum(journeys) FILTER (converted), 0)::BIGINT AS converted,
       round(coalesce(sum(journeys) FILTER (converted), 0) / sum(journeys), 3) AS rate
FROM journey_paths GROUP BY path HAVING sum(journeys) >= 10 ORDER BY rate DESC, journeys DESC, path LIMIT 6
""",
    ),
    Question(
        _PATHS,
        "Which sessions sell?",
        "By the channel where the session began.",
        """
SELECT entry_channel, count(*) AS sessions, round(avg(touches), 2) AS mean_touches,
       round(avg(converted::INTEGER), 4) AS conversion_rate, sum(amount_base) AS amount_base
FROM sessions GROUP BY entry_channel ORDER BY sessions DESC
""",
    ),
    Question(
        _PATHS,
        "Do touchpoints lead where they should?",
        "Goals of the policy; the rate beside that of all other touchpoints of the type.",
        """
SELECT goal, type, channel, campaign, touches, reached, round(rate, 3) AS rate, round(difference, 3) AS difference
FROM goal_rates ORDER BY touches DESC, goal, channel, campaign LIMIT 8
""",
    ),
    Question(
        _PATHS,
        "How often is a checkout begun and given up?",
        "Finished later counts as given up at first, and is told apart.",
        """
SELECT abandonment, channel, count(*) AS given_up, count(finished_at) AS finished_later,
       count(DISTINCT customer_id) AS customers
FROM abandonments GROUP BY ALL ORDER BY given_up DESC
""",
    ),
    Question(
        _PATHS,
        "Who researches online and buys in the store?",
        "Buyers in the store by whether their web visits come before.",
        """
SELECT saw_web, count(*) AS purchases, round(avg(amount_base), 2) AS average_basket_base
FROM (
    SELECT order_id, amount_base, EXISTS (
        FROM journeys WHERE journeys.customer_id = conversions.customer_id AND channel = 'web'
          AND journeys.event_time BETWEEN conversions.event_time - INTERVAL 30 DAY AND conversions.event_time
    ) AS saw_web
    FROM conversions WHERE channel = 'store'
)
GROUP BY saw_web ORDER BY saw_web
""",
    ),
    Question(
        _SERVICE,
        "Where does a channel fail so that customers call?",
        "Failures after which the same customer got in touch on another channel.",
        """
SELECT breakdown, channel, failures, followed, round(rate, 3) AS rate
FROM breakdown_rates ORDER BY failures DESC, breakdown, channel
""",
    ),
    Question(
        _SERVICE,
        "What went wrong before they got in touch?",
        "The error or the search that failed, and how soon the contact came. What people searched for is in their own "
        "words, so it is masked unless `--personal` is said.",
        """
SELECT breakdown, error, failure_channel, contact_channel, count(*) AS times,
       round(median(seconds) / 60, 1) AS median_minutes
FROM breakdowns GROUP BY ALL
ORDER BY times DESC, breakdown, error, failure_channel, contact_channel LIMIT 8
""",
    ),
    Question(
        _SERVICE,
        "Why do customers get in touch, and how often again?",
        "A repeat contact is about the same reason within the policy's days.",
        """
SELECT reason, contacts, customers, repeats, round(repeat_share, 3) AS repeat_share,
       round(mean_handling_seconds / 60, 1) AS mean_handling_minutes, round(mean_sentiment, 2) AS mean_sentiment
FROM service_by_reason ORDER BY contacts DESC, reason
""",
    ),
    Question(
        _SERVICE,
        "Who complains, and are complaints answered?",
        "By channel; the time is from the complaint to the first reply.",
        """
SELECT channel, count(*) AS complaints, count(replied_at) AS answered,
       round(median(reply_seconds) / 3600, 1) AS median_reply_hours,
       round(quantile_cont(reply_seconds, 0.9) / 3600, 1) AS p90_reply_hours
FROM contacts WHERE complaint GROUP BY channel ORDER BY complaints DESC
""",
    ),
    Question(
        _SERVICE,
        "Which contacts end well?",
        "How contacts ended, and their tone.",
        """
SELECT outcome, count(*) AS contacts, round(avg(handling_seconds) / 60, 1) AS mean_handling_minutes,
       round(avg(sentiment), 2) AS mean_sentiment
FROM contacts GROUP BY outcome ORDER BY contacts DESC, outcome
""",
    ),
    Question(
        _SERVICE,
        "How do customers fare on each channel?",
        "Points that a channel adds to or takes from the experience index of its customers.",
        """
SELECT channel, customers, breakdowns, repeat_contacts, complaints, abandonments,
       round(points_per_customer, 2) AS points_per_customer
FROM experience_by_channel ORDER BY points_per_customer, channel
""",
    ),
    Question(
        _SERVICE,
        "Do customers who fare badly buy less?",
        "Who does much also meets more that goes wrong: compare customers who do alike.",
        """
SELECT CASE WHEN customer_experience_index < 50 THEN '1 below 50' WHEN customer_experience_index < 70 THEN '2 below 70'
            ELSE '3 from 70' END AS experience_index,
       count(*) AS customers, round(avg(touches), 1) AS mean_touches, round(avg(orders), 2) AS mean_orders,
       round(avg(revenue_base), 2) AS mean_revenue_base
FROM experience JOIN customer_value USING (customer_id) GROUP BY 1 ORDER BY 1
""",
    ),
    Question(
        _SERVICE,
        "How engaged are customers?",
        "Points of the policy for the touchpoints of the last days.",
        """
SELECT least(points // 10 * 10, 50) AS points_from, count(*) AS customers,
       round(avg(active_days), 1) AS mean_active_days
FROM engagement GROUP BY 1 ORDER BY 1
""",
    ),
    Question(
        _SERVICE,
        "What is said of us in public, and in what tone?",
        "Share of voice by topic; brands beside ours too.",
        """
SELECT topic, brand, mentions, round(share, 3) AS share, round(mean_sentiment, 2) AS mean_sentiment
FROM share_of_voice ORDER BY topic, mentions DESC, brand
""",
    ),
    Question(
        _CONSENT,
        "How many permit what, on which channel?",
        "Of those who said something on the purpose; who said nothing permits nothing.",
        """
SELECT purpose, channel, count(*) AS customers, count(*) FILTER (permitted) AS permitted,
       round(avg(permitted::INTEGER), 3) AS share
FROM consent_permissions WHERE channel IN ('email', 'sms', 'call', 'post', 'push')
GROUP BY ALL ORDER BY purpose, channel
""",
    ),
    Question(
        _CONSENT,
        "Did customers permit marketing by e-mail at a past moment?",
        "The same question asked of two moments, of everybody who ever said something.",
        """
SELECT "when", count(*) AS customers,
       count(*) FILTER (consent_at(customer_id, 'marketing', 'email', "when")) AS permitted
FROM (SELECT DISTINCT customer_id FROM consent_ledger WHERE purpose = 'marketing'),
     (VALUES (TIMESTAMP '2026-03-01'), (TIMESTAMP '2026-06-01')) AS moments("when")
GROUP BY "when" ORDER BY "when"
""",
    ),
    Question(
        _CONSENT,
        "How often is consent given, and taken back?",
        "Statements by month.",
        """
SELECT date_trunc('month', event_time)::DATE AS month, count(*) FILTER (state = 'granted') AS granted,
       count(*) FILTER (state = 'denied') AS denied, count(*) FILTER (state = 'withdrawn') AS withdrawn
FROM consent_ledger GROUP BY 1 ORDER BY 1
""",
    ),
    Question(
        _CONSENT,
        "Whom of a segment may we write to?",
        "Only these belong in a mailing; `onefold audience` gives the addresses.",
        """
SELECT segment, count(*) AS members, count(*) FILTER (permitted) AS may_be_written_to
FROM segment_members LEFT JOIN (
    SELECT customer_id, permitted FROM consent_permissions WHERE purpose = 'marketing' AND channel = 'email'
) USING (customer_id)
GROUP BY segment ORDER BY members DESC, segment
""",
    ),
    Question(
        _PEOPLE,
        "How large are the segments, and what are they worth?",
        "Segments of the policy, at the moment.",
        """
SELECT segment, members, round(share, 4) AS share, revenue_base FROM segments ORDER BY members DESC, segment
""",
    ),
    Question(
        _PEOPLE,
        "Which segments have customers in common?",
        "Each pair once.",
        """
SELECT segment, other_segment, customers, round(share_of_segment, 3) AS share_of_segment,
       round(share_of_other, 3) AS share_of_other
FROM segment_overlap ORDER BY customers DESC, segment, other_segment
""",
    ),
    Question(
        _PEOPLE,
        "What is the next best offer, and is it accepted?",
        "By the channel that brought it.",
        """
SELECT offer_id, channel, made, seen, accepted, declined, round(acceptance_rate, 3) AS acceptance_rate
FROM offer_performance ORDER BY acceptance_rate DESC, offer_id
""",
    ),
    Question(
        _PEOPLE,
        "Who gets too many messages?",
        "Customers by messages in the window of each cap; at the cap nothing more is sent.",
        """
SELECT cap, messages, count(*) AS customers, count(*) FILTER (capped) AS capped
FROM message_pressure GROUP BY ALL ORDER BY cap, messages
""",
    ),
    Question(
        _PEOPLE,
        "How many people does a campaign reach, and how often?",
        "Somebody reached on several devices is one person.",
        """
SELECT campaign, identifiers, customers, round(frequency, 2) AS frequency, buyers
FROM campaign_reach ORDER BY customers DESC, campaign
""",
    ),
    Question(
        _PEOPLE,
        "Which channels reach whom nobody else does?",
        "Customers that are seen on this channel only.",
        """
SELECT channel, customers, round(share, 3) AS share, only_here, round(only_here / customers, 3) AS only_here_share
FROM reach_by_channel ORDER BY customers DESC, channel
""",
    ),
    Question(
        _PEOPLE,
        "Which channels share their customers?",
        "The largest overlaps.",
        """
SELECT channel, other_channel, customers, round(share_of_channel, 3) AS share_of_channel,
       round(share_of_other, 3) AS share_of_other
FROM channel_overlap ORDER BY customers DESC, channel, other_channel LIMIT 6
""",
    ),
    Question(
        _PEOPLE,
        "How do customers want to be spoken to?",
        "What they told as their preferred channel; their profile keeps it.",
        """
SELECT told.value AS preferred_channel, count(*) AS customers
FROM (SELECT unnest(traits) AS told FROM profiles WHERE status = 'active')
WHERE told.name = 'preferred_channel' GROUP BY ALL ORDER BY customers DESC, preferred_channel
""",
    ),
    Question(
        _PEOPLE,
        "In which languages and countries do our customers live?",
        "For work that needs no names.",
        """
SELECT country, language, count(*) AS customers FROM customers
WHERE country IS NOT NULL GROUP BY ALL ORDER BY customers DESC, country, language LIMIT 6
""",
    ),
    Question(
        _PEOPLE,
        "Which prospects are most like the members of a segment, and what makes them so?",
        "lift is how many times as likely to be a member they are as the average of those among whom was searched.",
        """
SELECT segment, rank, left(customer_id, 8) AS customer, round(lift, 1) AS lift, features
FROM look_alikes ORDER BY segment, rank LIMIT 5
""",
    ),
    Question(
        _PEOPLE,
        "How many of them may be spoken to, on which channel?",
        "A search says nothing of consent: only who permits it counts.",
        """
SELECT segment, channel, count(*) AS permitted, (SELECT count(*) FROM look_alikes AS all_of
       WHERE all_of.segment = look_alikes.segment) AS found
FROM look_alikes JOIN consent_permissions USING (customer_id)
WHERE purpose = 'marketing' AND permitted AND channel IN ('email', 'sms', 'call')
GROUP BY segment, channel ORDER BY segment, permitted DESC, channel
""",
    ),
)
