package dev.inferscale.app.act.outbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Holds the Lease that lets one replica write, on a thread of its own. Whether this replica leads
/// is a question of time alone: without a renewal it ends by itself, whatever the thread does.
///
/// Of our own, since fabric8's elector judges by the times that another clock has written, and
/// calls itself leader before the API server has agreed (fabric8io/kubernetes-client issue 7350).
public final class Leadership implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);
  private static final Duration ANSWER = Duration.ofSeconds(4);
  private static final Duration SAID_AGAIN = Duration.ofMinutes(10);

  private final Api api;
  private final String namespace;
  private final String name;
  private final String path;
  private final WriteCounts counts;
  private final InstantSource time;
  private final Thread thread;

  // Owned by the thread.
  private Election election;
  private JsonNode lease = MissingNode.getInstance();
  private String complaint = "";
  private Instant complained = Instant.MIN;
  private boolean led;

  // Written by the thread, read by who writes.
  private volatile Instant until = Instant.MIN;

  /// Does nothing before [#start].
  ///
  /// @param namespace of the Lease
  /// @param lease its name; it must exist
  /// @param me what this replica is called
  public Leadership(
      Api api, String namespace, String lease, String me, WriteCounts counts, InstantSource time) {
    this.api = api;
    this.namespace = namespace;
    this.name = namespace + "/" + lease;
    this.path = "/apis/coordination.k8s.io/v1/namespaces/" + namespace + "/leases/" + lease;
    this.election = Election.of(me);
    this.counts = counts;
    this.time = time;
    this.thread = Thread.ofVirtual().name("act-lease").unstarted(this::hold);
  }

  /// Begins to try for the Lease.
  public void start() {
    thread.start();
  }

  /// Whether this replica may write at this moment.
  public boolean leads() {
    return time.instant().isBefore(until);
  }

  private void hold() {
    try {
      while (true) {
        turnOnce();
        tellChange();
        TimeUnit.NANOSECONDS.sleep(Election.EVERY.toNanos());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void turnOnce() throws InterruptedException {
    try {
      turn();
    } catch (RuntimeException e) {
      // A bug of ours must not end it; the lease then ends by itself.
      LOG.atError().setCause(e).log("lease not renewed");
      lease = MissingNode.getInstance();
    }
  }

  /// Looks, unless the last answer is known, and bids.
  void turn() throws InterruptedException {
    if (!leads() || lease.isMissingNode()) {
      Api.Reply reply = api.send("GET", path, "", "", ANSWER);
      if (reply.code() != 200) {
        failed(reply);
        return;
      }
      lease = reply.body();
      election = election.looked(lease, time.instant());
    }
    Instant sent = time.instant();
    ObjectNode bid = election.bid(lease, sent).orElse(null);
    if (bid == null) {
      until = Instant.MIN;
      complaint = "";
      return;
    }
    Api.Reply reply = put(bid);
    if (reply.code() == 200) {
      lease = reply.body();
      election = election.looked(lease, time.instant());
      until = sent.plus(Election.BELIEVED);
      complaint = "";
    } else {
      failed(reply);
    }
  }

  private Api.Reply put(ObjectNode bid) throws InterruptedException {
    Api.Reply reply = api.send("PUT", path, "application/json", bid.toString(), ANSWER);
    if (reply.code() == 200) {
      counts.add(Writer.LEASE, Outcome.WRITTEN);
    }
    return reply;
  }

  /// Another holder ends our leadership at once; without an answer it ends by itself.
  private void failed(Api.Reply reply) {
    lease = MissingNode.getInstance();
    Outcome outcome = Outcome.of(reply.code());
    counts.add(Writer.LEASE, outcome);
    String where = "lease " + name;
    switch (outcome) {
      case CONFLICT -> until = Instant.MIN;
      case FORBIDDEN -> complain(Writer.LEASE.forbidden(namespace));
      case GONE ->
          complain(
              "there is no "
                  + where
                  + ", so nothing is written; manifests/base/rbac/lease.yaml"
                  + " creates it");
      default -> complain(where + " cannot be held: " + reply.sentence());
    }
  }

  private void complain(String sentence) {
    Instant now = time.instant();
    boolean again = complained.plus(SAID_AGAIN).isBefore(now);
    if (again || !sentence.equals(complaint)) {
      LOG.atWarn().log(sentence);
      complained = now;
    }
    complaint = sentence;
  }

  private void tellChange() {
    boolean leads = leads();
    if (leads != led) {
      LOG.atInfo()
          .addKeyValue("lease", name)
          .addKeyValue("identity", election.me())
          .log(leads ? "this replica writes now" : "this replica does not write any more");
    }
    led = leads;
  }

  /// Gives the Lease up, so that another replica need not wait. Nobody may write any more when this
  /// is called.
  @Override
  public void close() {
    until = Instant.MIN;
    thread.interrupt();
    try {
      thread.join();
      ObjectNode released = election.released(lease, time.instant()).orElse(null);
      if (released != null) {
        put(released);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
