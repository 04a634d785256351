package dev.inferscale.signals;

import dev.inferscale.signals.exposition.ExpositionParser;
import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.exposition.Refused;
import dev.inferscale.signals.exposition.Samples;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Profile;
import dev.inferscale.signals.profile.Profiles;
import dev.inferscale.signals.profile.Reading;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.scrape.PageReader;
import dev.inferscale.signals.window.FetchFault;
import dev.inferscale.signals.window.Outcome;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Reads engines' metrics pages: parses the text, chooses the profile, translates. Any thread may
/// call it.
public final class EnginePages implements PageReader {
  // Replaced when profiles are reloaded; read by the fetching threads.
  private volatile Profiles profiles;
  private final Limits limits;

  public EnginePages(Profiles profiles, Limits limits) {
    this.profiles = profiles;
    this.limits = limits;
  }

  /// Reads with these from the next page on.
  public void use(Profiles reloaded) {
    profiles = reloaded;
  }

  /// The names that a pool may give as its engine.
  public List<String> engines() {
    return profiles.names();
  }

  @Override
  public Outcome.Asked read(
      ModelPool pool, Target target, byte[] body, String contentType, Instant at) {
    Profiles now = profiles;
    return switch (ExpositionParser.parse(body, now.wanted(), limits)) {
      case Refused(String why) -> new Outcome.Failed(target, FetchFault.REFUSED, why, at);
      case Samples samples when samples.seriesCount() == 0 && samples.defectCount() == 0 ->
          new Outcome.Failed(target, FetchFault.EMPTY, "the page held no series", at);
      case Samples samples -> read(now, pool, target, samples, at);
    };
  }

  private static Outcome.Asked read(
      Profiles profiles, ModelPool pool, Target target, Samples samples, Instant at) {
    Optional<Profile> profile =
        target.front() ? profiles.chooseFront(samples) : profiles.choose(samples, pool.engine());
    if (profile.isEmpty()) {
      String problem =
          target.front() ? unknownFront(profiles) : unknownEngine(profiles, pool.engine());
      return new Outcome.Failed(target, FetchFault.REFUSED, problem, at);
    }
    Reading reading = read(profile.get(), pool.model(), target, samples, at);
    return target.front() && Double.isNaN(reading.gauge(Gauge.REQUESTS_WAITING))
        ? new Outcome.Failed(target, FetchFault.EMPTY, noQueue(reading), at)
        : new Outcome.Read(reading, samples.defectCount());
  }

  private static String unknownEngine(Profiles profiles, String wanted) {
    String known = String.join(", ", profiles.names());
    return wanted.equals(Profiles.AUTO)
        ? "no profile recognises the page; profiles: " + known
        : "there is no profile " + wanted + "; profiles: " + known;
  }

  private static String unknownFront(Profiles profiles) {
    return "no profile recognises the page; profiles of fronts: "
        + String.join(", ", profiles.frontNames());
  }

  private static String noQueue(Reading reading) {
    String absence = reading.provenance(Signal.REQUESTS_WAITING).absence();
    return absence.isEmpty() ? "the page tells of no waiting requests" : absence;
  }

  /// A pool's model is a caption, and a filter only where the page shows several models. A gateway
  /// may show those first that somebody has asked for: there it is always a filter.
  private static Reading read(
      Profile profile, String model, Target target, Samples samples, Instant at) {
    boolean filter = !model.isEmpty() && (profile.isFront() || profile.showsSeveralModels(samples));
    return profile.read(samples, target, at, filter ? model : null);
  }
}
