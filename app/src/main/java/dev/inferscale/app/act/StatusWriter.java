package dev.inferscale.app.act;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.inferscale.app.act.outbox.Outbox;
import dev.inferscale.app.act.outbox.Outbox.Write;
import dev.inferscale.app.act.outbox.Writer;
import dev.inferscale.signals.discover.ResourceWatch.Resource;
import dev.inferscale.signals.pool.ModelPoolStatus;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Keeps the status of ModelPools in step with what is measured, as `StatusPace` lets it. Used by
/// one thread.
///
/// By server-side apply, so that conditions which somebody else keeps there stay, and what is no
/// more known goes.
final class StatusWriter {
  private final Outbox outbox;
  private final Map<String, Memory> memories = new HashMap<>();

  /// @param before version of the resource when the status was sent: while the watch still shows
  ///   it, what was sent is known better from here
  /// @param after version that it had then, empty where it was not written
  private record Memory(StatusPace pace, String before, String after) {}

  StatusWriter(Outbox outbox) {
    this.outbox = outbox;
  }

  /// Writes what should stand there, if it is time to.
  ///
  /// @return true where something was sent
  boolean write(Resource resource, ModelPoolStatus wanted, Instant now)
      throws InterruptedException {
    if (!outbox.isOpen(Writer.STATUS, resource.id().namespace())) {
      return false;
    }
    StatusPace pace = pace(resource);
    Optional<ModelPoolStatus> next = pace.next(wanted, now);
    if (next.isEmpty()) {
      return false;
    }
    Outbox.Sent sent = outbox.send(apply(resource, version(resource), next.get()));
    StatusPace after =
        switch (sent.outcome()) {
          case WRITTEN, PRINTED -> pace.written(next.get(), now);
          default -> pace.tried(now);
        };
    memories.put(resource.uid(), new Memory(after, resource.version(), sent.version()));
    return true;
  }

  private StatusPace pace(Resource resource) {
    Memory memory = memories.get(resource.uid());
    if (memory == null) {
      return StatusPace.of(StatusText.read(resource.status()).orElse(null));
    }
    return outbox.prints() || memory.before().equals(resource.version())
        ? memory.pace()
        : memory.pace().about(StatusText.read(resource.status()).orElse(null));
  }

  /// The latest that is known here.
  private String version(Resource resource) {
    Memory memory = memories.get(resource.uid());
    return memory != null && memory.before().equals(resource.version()) && !memory.after().isEmpty()
        ? memory.after()
        : resource.version();
  }

  /// Forgets the resources that are no more.
  void keepOnly(Set<String> uids) {
    memories.keySet().retainAll(uids);
  }

  /// The version keeps a status from a resource that has taken the name of the one it is about: of
  /// the uid in a status, the API server takes no notice.
  private static Write apply(Resource resource, String version, ModelPoolStatus status) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("apiVersion", Subject.API_VERSION).put("kind", Subject.KIND);
    body.putObject("metadata")
        .put("name", resource.id().name())
        .put("namespace", resource.id().namespace())
        .put("resourceVersion", version);
    body.set("status", status.json());
    String path =
        "/apis/%s/namespaces/%s/modelpools/%s/status?fieldManager=inferscale&force=true"
            .formatted(Subject.API_VERSION, resource.id().namespace(), resource.id().name());
    return new Write(
        Writer.STATUS,
        resource.id().namespace(),
        "PATCH",
        path,
        "application/apply-patch+yaml",
        body);
  }
}
