import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * Kafka Streams as it comes, but for two threads and a linger of 5 ms (its own is 100): two sub-topologies, the second
 * with a persistent key-value store and its changelog. The same job, step for step, as benchmarks/peers/job.py, which
 * says what it gives up. At least once: after a crash, what was sent since the last commit (every 30 s) counts again.
 */
public final class KafkaStreamsPeer {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> RANKS = List.of(
            "customer_id", "loyalty_id", "crm_id", "email", "phone", "social_handle", "device_id", "advertising_id",
            "cookie");
    private static final Set<String> BLOCKED =
            Set.of("", "null", "none", "anonymous", "000000", "0000000000", "test@test.com");
    private static final long EARLIEST_MS = 631_152_000_000L;
    private static final long LATEST_MS = 2_524_608_000_000L;
    private static final int RECENT = 10;
    private static final int HEADER_BYTES = 10;
    private static final int THREADS = 2;

    record Task(String servers, String group, Map<String, String> sources, int partitions, String messages,
            String profiles, String home, String contracts) {}

    @JsonFormat(shape = JsonFormat.Shape.ARRAY)
    record Touch(long time, String channel, String eventId, String type) {}

    @JsonFormat(shape = JsonFormat.Shape.ARRAY)
    record Answer(long time, String state) {}

    record Profile(long touchpoints, Map<String, Long> channels, Map<String, Long> revenue, List<Touch> recent,
            Map<String, Answer> consents) {

        Profile merged(Profile other) {
            List<Touch> touches = new ArrayList<>(recent);
            touches.addAll(other.recent);
            touches.sort(NEWEST_FIRST);
            Map<String, Answer> answers = new HashMap<>(consents);
            other.consents.forEach((key, answer) -> answers.merge(key, answer, (one, two) ->
                    BY_TIME.compare(one, two) < 0 ? two : one));
            return new Profile(touchpoints + other.touchpoints, sums(channels, other.channels),
                    sums(revenue, other.revenue), touches.subList(0, Math.min(RECENT, touches.size())), answers);
        }

        private static Map<String, Long> sums(Map<String, Long> one, Map<String, Long> other) {
            Map<String, Long> sums = new HashMap<>(one);
            other.forEach((key, amount) -> sums.merge(key, amount, Long::sum));
            return sums;
        }
    }

    private static final Comparator<Touch> NEWEST_FIRST = Comparator.comparingLong(Touch::time)
            .thenComparing(Touch::channel).thenComparing(Touch::eventId).thenComparing(Touch::type).reversed();
    private static final Comparator<Answer> BY_TIME =
            Comparator.comparingLong(Answer::time).thenComparing(Answer::state);

    /** What is kept of an identifier. */
    static final class Card {
        public String parent;
        public List<String> known = new ArrayList<>();
        public Profile profile;
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Message(Profile profile, List<String> others, String link) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Update(String id, String merged_into, Long touchpoints, Map<String, Long> channels,
            Map<String, Long> revenue, List<Touch> recent, Map<String, Answer> consents) {

        static Update of(String id, Profile held) {
            return new Update(id, null, held.touchpoints, held.channels, held.revenue, held.recent, held.consents);
        }

        static Update handedOver(String id, String to) {
            return new Update(id, to, null, null, null, null, null);
        }
    }

    /** Source records to messages; what is unusable is dropped. */
    static final class Read extends ContextualProcessor<byte[], byte[], String, byte[]> {
        private final Map<Long, GenericDatumReader<GenericRecord>> readers = new HashMap<>();
        private final Map<String, String> channels;

        Read(Task task) {
            channels = task.sources();
            try {
                for (File file : new File(task.contracts()).listFiles((folder, name) -> name.endsWith(".avsc"))) {
                    Schema schema = new Schema.Parser().parse(file);
                    readers.put(SchemaNormalization.parsingFingerprint64(schema), new GenericDatumReader<>(schema));
                }
            } catch (IOException error) {
                throw new IllegalStateException("the contracts cannot be read", error);
            }
        }

        @Override
        public void process(Record<byte[], byte[]> source) {
            TreeSet<String> keys = new TreeSet<>();
            Profile profile;
            try {
                profile = read(channels.get(context().recordMetadata().get().topic()), source.value(), keys);
            } catch (IOException | RuntimeException unusable) {
                return;
            }
            long time = profile.recent.get(0).time;
            if (keys.isEmpty() || time < EARLIEST_MS || time >= LATEST_MS) {
                return;
            }
            String first = keys.pollFirst();
            context().forward(new Record<>(first, json(new Message(profile, List.copyOf(keys), null)),
                    source.timestamp()));
        }

        private Profile read(String channel, byte[] value, Set<String> keys) throws IOException {
            ByteBuffer header = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
            if (header.getShort() != (short) 0x01C3) {
                throw new IOException("no single-object encoding");
            }
            GenericRecord record = readers.get(header.getLong()).read(null,
                    DecoderFactory.get().binaryDecoder(value, HEADER_BYTES, value.length - HEADER_BYTES, null));
            Fields fields = new Fields(record);
            Map<String, Long> revenue = new HashMap<>();
            Map<String, Answer> consents = new HashMap<>();
            Touch touch = switch (record.getSchema().getName()) {
                case "WebEvent" -> web(channel, fields, keys, revenue, consents);
                case "MobileEvent" -> mobile(channel, fields, keys, revenue, consents);
                case "StoreReceipt" -> receipt(channel, fields, keys, revenue);
                case "CallRecord" -> call(channel, fields, keys, consents);
                default -> touchpoint(channel, fields, keys, revenue, consents);
            };
            return new Profile(1, Map.of(channel, 1L), revenue, List.of(touch), consents);
        }

        private Touch web(String channel, Fields event, Set<String> keys, Map<String, Long> revenue,
                Map<String, Answer> consents) {
            long time = event.number("collected_at");
            add(keys, "customer_id", event.text("user_id"));
            add(keys, "email", event.text("email"));
            add(keys, "cookie", event.text("visitor_cookie"));
            if (event.record("transaction") instanceof Fields bought) {
                revenue.put(bought.text("currency"), micros(bought.text("total")));
            }
            event.map("consents").forEach((purpose, granted) ->
                    consents.put(purpose + "/*", new Answer(time, (Boolean) granted ? "granted" : "denied")));
            return new Touch(time, channel, event.text("event_id"), event.text("event_name"));
        }

        private Touch mobile(String channel, Fields event, Set<String> keys, Map<String, Long> revenue,
                Map<String, Answer> consents) {
            long time = event.number("timestamp");
            add(keys, "customer_id", event.text("user_id"));
            add(keys, "device_id", event.text("device_id"));
            add(keys, "advertising_id", event.text("advertising_id"));
            if (event.text("order_id") != null && event.text("revenue") != null) {
                revenue.put(event.text("currency"), micros(event.text("revenue")));
            }
            if (event.text("push_allowed") instanceof String allowed) {
                consents.put("marketing/push", new Answer(time, allowed.equals("true") ? "granted" : "denied"));
            }
            return new Touch(time, channel, event.text("id"), event.text("name"));
        }

        private Touch receipt(String channel, Fields receipt, Set<String> keys, Map<String, Long> revenue) {
            add(keys, "loyalty_id", receipt.text("loyalty_card"));
            add(keys, "email", receipt.text("email"));
            add(keys, "phone", receipt.text("phone"));
            add(keys, "device_id", receipt.text("kiosk_id"));
            String kind = receipt.text("kind");
            if (kind.equals("sale") || kind.equals("return")) {
                long total = micros(receipt.text("total"));
                revenue.put(receipt.text("currency"), kind.equals("return") ? -total : total);
            }
            return new Touch(receipt.number("closed_at"), channel, receipt.text("receipt_no"),
                    kind.equals("sale") ? "purchase" : kind);
        }

        private Touch call(String channel, Fields call, Set<String> keys, Map<String, Answer> consents) {
            long time = call.number("started_at");
            String direction = call.text("direction");
            add(keys, "customer_id", call.text("customer_number"));
            add(keys, "email", call.text("email"));
            if (!direction.equals("outbound")) {
                add(keys, "phone", call.text("caller_number"));
            }
            for (Object refused : call.list("opt_out")) {
                consents.put("marketing/" + refused, new Answer(time, "withdrawn"));
            }
            return new Touch(time, channel, call.text("call_id"), direction.equals("chat") ? "chat" : "call");
        }

        private Touch touchpoint(String channel, Fields touchpoint, Set<String> keys, Map<String, Long> revenue,
                Map<String, Answer> consents) {
            long time = touchpoint.number("event_time");
            String type = touchpoint.text("type");
            for (Object named : touchpoint.list("identifiers")) {
                Fields identifier = new Fields((GenericRecord) named);
                add(keys, identifier.text("type"), identifier.text("value"));
            }
            if (touchpoint.record("order") instanceof Fields order) {
                long amount = order.number("amount_micros");
                revenue.put(order.text("currency"), type.equals("return") ? -amount : amount);
            }
            for (Object given : touchpoint.list("consents")) {
                Fields consent = new Fields((GenericRecord) given);
                consents.put(consent.text("purpose") + "/" + consent.text("channel"),
                        new Answer(time, consent.text("state")));
            }
            return new Touch(time, channel, touchpoint.text("event_id"), type);
        }

        private static void add(Set<String> keys, String type, String value) {
            String plain = value == null ? "" : value.strip().toLowerCase(Locale.ROOT);
            if (!BLOCKED.contains(plain)) {
                keys.add(RANKS.indexOf(type) + ":" + plain);
            }
        }

        private static long micros(String amount) {
            BigDecimal exact = new BigDecimal(amount);
            if (exact.signum() < 0) {
                throw new ArithmeticException("a negative amount");
            }
            return exact.movePointRight(6).longValue();
        }
    }

    /** The fields of a record by name; what is null stays null. */
    record Fields(GenericRecord record) {
        String text(String name) {
            Object value = record.get(name);
            return value == null ? null : value.toString();
        }

        long number(String name) {
            return (Long) record.get(name);
        }

        List<?> list(String name) {
            return (List<?>) record.get(name);
        }

        Map<?, ?> map(String name) {
            return (Map<?, ?>) record.get(name);
        }

        Fields record(String name) {
            return record.get(name) == null ? null : new Fields((GenericRecord) record.get(name));
        }
    }

    /** Messages worked off on the card of the identifier they are to. */
    static final class Step extends ContextualProcessor<String, byte[], String, byte[]> {
        private KeyValueStore<String, byte[]> cards;

        @Override
        public void init(ProcessorContext<String, byte[]> context) {
            super.init(context);
            cards = context.getStateStore("cards");
        }

        @Override
        public void process(Record<String, byte[]> record) {
            String me = record.key();
            byte[] kept = cards.get(me);
            Card card = kept == null ? new Card() : parsed(kept, Card.class);
            Message message = parsed(record.value(), Message.class);
            if (message.link() != null) {
                join(record, card, message.link());
            } else {
                take(record, card, message);
            }
            cards.put(me, json(card));
        }

        private void take(Record<String, byte[]> record, Card card, Message message) {
            if (message.others() != null) {
                for (String other : message.others()) {
                    if (!card.known.contains(other)) {
                        card.known.add(other);
                        send(record, other, new Message(null, null, record.key()));
                    }
                }
            }
            if (card.parent != null) {
                send(record, card.parent, new Message(message.profile(), null, null));
                return;
            }
            card.profile = card.profile == null ? message.profile() : card.profile.merged(message.profile());
            publish(record, Update.of(record.key(), card.profile));
        }

        private void join(Record<String, byte[]> record, Card card, String stronger) {
            if (card.parent == null) {
                card.parent = stronger;
                if (card.profile != null) {
                    send(record, stronger, new Message(card.profile, null, null));
                    publish(record, Update.handedOver(record.key(), stronger));
                    card.profile = null;
                }
            } else if (!card.parent.equals(stronger)) {
                boolean isStronger = stronger.compareTo(card.parent) < 0;
                String weaker = isStronger ? card.parent : stronger;
                card.parent = isStronger ? stronger : card.parent;
                send(record, weaker, new Message(null, null, card.parent));
            }
        }

        private void send(Record<String, byte[]> record, String to, Message message) {
            context().forward(new Record<>(to, json(message), record.timestamp()), "again");
        }

        private void publish(Record<String, byte[]> record, Update update) {
            context().forward(new Record<>(update.id(), json(update), record.timestamp()), "profiles");
        }
    }

    private static byte[] json(Object value) {
        try {
            return JSON.writeValueAsBytes(value);
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }

    private static <T> T parsed(byte[] value, Class<T> type) {
        try {
            return JSON.readValue(value, type);
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }

    private static Topology topology(Task task) {
        StringSerializer key = new StringSerializer();
        ByteArraySerializer value = new ByteArraySerializer();
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        return new Topology()
                .addSource("sources", bytes, bytes, task.sources().keySet().toArray(String[]::new))
                .addProcessor("read", () -> new Read(task), "sources")
                .addSink("messages", task.messages(), key, value, "read")
                .addSource("inbox", new StringDeserializer(), bytes, task.messages())
                .addProcessor("step", Step::new, "inbox")
                .addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("cards"), Serdes.String(),
                        Serdes.ByteArray()), "step")
                .addSink("again", task.messages(), key, value, "step")
                .addSink("profiles", task.profiles(), key, value, "step");
    }

    /** Runs until a signal ends it; the only argument is the file of its task. */
    public static void main(String[] arguments) throws IOException {
        Task task = JSON.readValue(new File(arguments[0]), Task.class);
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, task.group());
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, task.servers());
        settings.put(StreamsConfig.STATE_DIR_CONFIG, task.home());
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, THREADS);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 5);
        KafkaStreams streams = new KafkaStreams(topology(task), settings);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
            throw new IllegalStateException(error);
        });
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }
}
