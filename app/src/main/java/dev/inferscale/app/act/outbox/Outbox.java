package dev.inferscale.app.act.outbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The way that writes take to the API server: only while this replica leads, one after the other,
/// with a pause after failures that trying again at once would not mend. In a dry run it prints
/// them. Used by one thread.
public final class Outbox {
  private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);

  /// Not longer than a lease that is not renewed outlives our belief in it: so what was sent at the
  /// last moment has come to its end before another replica writes.
  private static final Duration ANSWER = Election.VALID.minus(Election.BELIEVED);

  private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final Duration SAID_AGAIN = Duration.ofMinutes(10);

  private final @Nullable Api api;
  private final BooleanSupplier leads;
  private final Consumer<String> printed;
  private final WriteCounts counts;
  private final InstantSource time;
  private final Map<Scope, Pause> pauses = new HashMap<>();
  private final Map<String, Instant> said = new HashMap<>();

  /// What a failure tells something about: a Role is missing in one namespace, while a server that
  /// does not answer does so in all.
  ///
  /// @param namespace empty for all
  private record Scope(Writer writer, String namespace) {
    static Scope all(Writer writer) {
      return new Scope(writer, "");
    }
  }

  /// @param failures in a row
  private record Pause(Instant until, int failures) {}

  /// One request of a writer.
  ///
  /// @param namespace that it writes in; empty for what lies in none
  public record Write(
      Writer writer,
      String namespace,
      String method,
      String path,
      String contentType,
      ObjectNode body) {

    /// As a dry run prints it: one JSON document.
    public String line() {
      JsonNode line =
          JsonNodeFactory.instance
              .objectNode()
              .put("writer", writer.word())
              .put("method", method)
              .put("path", path)
              .put("contentType", contentType)
              .set("body", body);
      return line.toString();
    }
  }

  /// What became of it.
  ///
  /// @param version that the object has now; empty where that is not known
  public record Sent(Outcome outcome, String version) {}

  /// Sends to the API server.
  ///
  /// @param leads whether this replica may write at this very moment
  public static Outbox sending(
      Api api, BooleanSupplier leads, WriteCounts counts, InstantSource time) {
    return new Outbox(api, leads, _ -> {}, counts, time);
  }

  /// Prints instead.
  public static Outbox printing(Consumer<String> printed, WriteCounts counts, InstantSource time) {
    return new Outbox(null, () -> true, printed, counts, time);
  }

  private Outbox(
      @Nullable Api api,
      BooleanSupplier leads,
      Consumer<String> printed,
      WriteCounts counts,
      InstantSource time) {
    this.api = api;
    this.leads = leads;
    this.printed = printed;
    this.counts = counts;
    this.time = time;
  }

  /// True where nothing is sent, so that the cluster never shows it.
  public boolean prints() {
    return api == null;
  }

  /// Whether this replica is the one that writes.
  public boolean leads() {
    return leads.getAsBoolean();
  }

  /// Whether a write would be sent now.
  public boolean isOpen(Writer writer, String namespace) {
    return leads.getAsBoolean()
        && isOver(pauses.get(Scope.all(writer)))
        && isOver(pauses.get(new Scope(writer, namespace)));
  }

  private boolean isOver(@Nullable Pause pause) {
    return pause == null || !time.instant().isBefore(pause.until());
  }

  /// Sends one; call only while it [#isOpen].
  public Sent send(Write write) throws InterruptedException {
    Sent sent = api == null ? print(write) : send(api, write);
    counts.add(write.writer(), sent.outcome());
    return sent;
  }

  /// Counts one that is not sent.
  public void drop(Writer writer) {
    counts.add(writer, Outcome.DROPPED);
  }

  private Sent print(Write write) {
    printed.accept(write.line());
    return new Sent(Outcome.PRINTED, "");
  }

  private Sent send(Api to, Write write) throws InterruptedException {
    Api.Reply reply =
        to.send(write.method(), write.path(), write.contentType(), write.body().toString(), ANSWER);
    Outcome outcome = Outcome.of(reply.code());
    switch (outcome) {
      case FORBIDDEN -> {
        pause(new Scope(write.writer(), write.namespace()));
        say(write.writer().forbidden(write.namespace()));
      }
      case UNREACHABLE -> {
        pause(Scope.all(write.writer()));
        say(write.writer().word() + " cannot be written: " + reply.sentence());
      }
      case REFUSED -> say(write.writer().word() + " is not taken: " + reply.sentence());
      default -> {
        pauses.remove(Scope.all(write.writer()));
        pauses.remove(new Scope(write.writer(), write.namespace()));
      }
    }
    String version = reply.body().path("metadata").path("resourceVersion").asText("");
    return new Sent(outcome, outcome == Outcome.WRITTEN ? version : "");
  }

  /// Doubles from a second to half a minute.
  private void pause(Scope scope) {
    Pause before = pauses.get(scope);
    int failures = before == null ? 1 : before.failures() + 1;
    long millis = SHORTEST_PAUSE.toMillis() << Math.min(failures - 1, 10);
    long bounded = Math.min(millis, LONGEST_PAUSE.toMillis());
    pauses.put(scope, new Pause(time.instant().plusMillis(bounded), failures));
  }

  private void say(String sentence) {
    Instant now = time.instant();
    said.values().removeIf(then -> Duration.between(then, now).compareTo(SAID_AGAIN) >= 0);
    if (said.putIfAbsent(sentence, now) == null) {
      LOG.atWarn().log(sentence);
    }
  }
}
