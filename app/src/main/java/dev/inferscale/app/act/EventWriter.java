package dev.inferscale.app.act;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.inferscale.app.act.outbox.Election;
import dev.inferscale.app.act.outbox.Outbox;
import dev.inferscale.app.act.outbox.Outbox.Write;
import dev.inferscale.app.act.outbox.Outcome;
import dev.inferscale.app.act.outbox.Writer;
import java.time.Instant;
import java.util.HexFormat;
import java.util.function.LongSupplier;

/// Writes events about ModelPools as `events.k8s.io/v1` has them. Used by one thread.
final class EventWriter {
  private static final String CONTROLLER = "inferscale.dev/plane";
  private static final int LONGEST_NAME = 200;

  private final Outbox outbox;
  private final String me;
  private final LongSupplier chance;
  private final EventLedger ledger = new EventLedger();

  /// @param me what this replica is called
  /// @param chance makes the names of events unique
  EventWriter(Outbox outbox, String me, LongSupplier chance) {
    this.outbox = outbox;
    this.me = me;
    this.chance = chance;
  }

  /// Something has happened; it is told when it may be.
  void happened(Subject subject, Happening happening, Instant now) {
    if (!ledger.happened(subject, happening, now)) {
      outbox.drop(Writer.EVENTS);
    }
  }

  /// Writes what may be written.
  void write(Instant now) throws InterruptedException {
    for (int dropped = ledger.sweep(now); dropped > 0; dropped--) {
      outbox.drop(Writer.EVENTS);
    }
    for (EventLedger.Entry entry : ledger.due(now)) {
      if (outbox.isOpen(Writer.EVENTS, entry.subject().id().namespace())) {
        write(entry, now);
      }
    }
  }

  private void write(EventLedger.Entry entry, Instant now) throws InterruptedException {
    String name = entry.stands() ? entry.name() : freshName(entry);
    ledger.tried(now);
    Outcome outcome = outbox.send(entry.stands() ? again(entry) : first(entry, name)).outcome();
    switch (outcome) {
      case WRITTEN, PRINTED -> ledger.wrote(entry, name, now);
      // The event has been forgotten by the server, or its namespace is gone.
      case GONE -> {
        if (entry.stands()) {
          ledger.vanished(entry);
        } else {
          ledger.forget(entry);
        }
      }
      case REFUSED -> ledger.forget(entry);
      default -> {
        // Tried again later, as long as it is news.
      }
    }
  }

  private String freshName(EventLedger.Entry entry) {
    String pool = entry.subject().id().name();
    String cut = pool.substring(0, Math.min(pool.length(), LONGEST_NAME));
    return cut + "." + HexFormat.of().toHexDigits(chance.getAsLong());
  }

  private Write first(EventLedger.Entry entry, String name) {
    Subject subject = entry.subject();
    String namespace = subject.id().namespace();
    ObjectNode event = JsonNodeFactory.instance.objectNode();
    event.put("apiVersion", "events.k8s.io/v1").put("kind", "Event");
    event.putObject("metadata").put("name", name).put("namespace", namespace);
    event
        .putObject("regarding")
        .put("apiVersion", Subject.API_VERSION)
        .put("kind", Subject.KIND)
        .put("namespace", namespace)
        .put("name", subject.id().name())
        .put("uid", subject.uid());
    event
        .put("type", entry.happening().isWarning() ? "Warning" : "Normal")
        .put("reason", entry.happening().reason())
        .put("action", "Measure")
        .put("note", entry.happening().note())
        .put("eventTime", Election.micros(entry.first()))
        .put("reportingController", CONTROLLER)
        .put("reportingInstance", me);
    return new Write(Writer.EVENTS, namespace, "POST", path(namespace), "application/json", event);
  }

  /// Of an event that stands, only the series may change.
  private static Write again(EventLedger.Entry entry) {
    String namespace = entry.subject().id().namespace();
    ObjectNode patch = JsonNodeFactory.instance.objectNode();
    patch
        .putObject("series")
        .put("count", entry.count() + entry.waiting())
        .put("lastObservedTime", Election.micros(entry.last()));
    return new Write(
        Writer.EVENTS,
        namespace,
        "PATCH",
        path(namespace) + "/" + entry.name(),
        "application/merge-patch+json",
        patch);
  }

  private static String path(String namespace) {
    return "/apis/events.k8s.io/v1/namespaces/" + namespace + "/events";
  }
}
