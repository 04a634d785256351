package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.window.Outcome;
import dev.inferscale.signals.window.TargetView;
import dev.inferscale.signals.window.Window;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Everything that is remembered about the targets of all pools: the only mutable measuring state.
/// One thread owns it and calls [#fold]; what it gives out is immutable.
///
/// A fold takes outcomes in by their own times, so that it does not matter in which order they
/// arrive. A target that is no longer listed is forgotten at once, with its part of what the pool
/// remembers. Pools about which nothing is new are shared with the snapshot before.
public final class Windows {
  private final Map<PoolId, Tracked> tracked = new LinkedHashMap<>();
  private long sequence;

  /// Takes in what happened and gives the picture as of `now`.
  ///
  /// @param outcomes in any order; those of unlisted targets are left out
  /// @param listed the pools and their targets, each pool once
  public Snapshot fold(List<Outcome> outcomes, List<PoolTargets> listed, Instant now) {
    follow(listed);
    outcomes.stream()
        .sorted(Comparator.comparing(Outcome::at))
        .forEach(outcome -> {
          Tracked pool = tracked.get(outcome.pool());
          if (pool != null) {
            pool.accept(outcome);
          }
        });
    SortedMap<PoolId, Pool> pools = new TreeMap<>();
    tracked.forEach((id, pool) -> pools.put(id, pool.fold(now)));
    sequence++;
    return new Snapshot(sequence, now, Collections.unmodifiableSortedMap(pools));
  }

  private void follow(List<PoolTargets> listed) {
    Set<PoolId> ids = new HashSet<>();
    for (PoolTargets targets : listed) {
      ids.add(targets.pool().id());
      Tracked pool = tracked.get(targets.pool().id());
      if (pool == null || !pool.listed.pool().windows().equals(targets.pool().windows())) {
        tracked.put(targets.pool().id(), new Tracked(targets));
      } else {
        pool.follow(targets);
      }
    }
    tracked.keySet().retainAll(ids);
  }

  /// More gateways than that do not stand in front of one pool.
  private static final int MOST_TELLERS = 64;

  /// One pool while it is measured.
  private static final class Tracked {
    private PoolTargets listed;
    private final Map<Target, Window> windows = new LinkedHashMap<>();
    private final Map<String, Outcome.Told> told = new LinkedHashMap<>();
    private final Map<Target, Front.Page> pages = new LinkedHashMap<>();
    private LastFull lastFull = LastFull.NEVER;
    private Front front = Front.NOBODY;
    private @Nullable Pool latest;

    Tracked(PoolTargets listed) {
      this.listed = listed;
      listTargets();
    }

    void follow(PoolTargets now) {
      if (now.equals(listed)) {
        return;
      }
      listed = now;
      Set<Target> gone = new HashSet<>(windows.keySet());
      gone.removeAll(Set.copyOf(now.targets()));
      windows.keySet().removeAll(gone);
      lastFull = lastFull.without(gone);
      listTargets();
      latest = null;
    }

    private void listTargets() {
      for (Target target : listed.targets()) {
        windows.computeIfAbsent(target, t -> new Window(t, listed.pool().windows()));
      }
      PoolTargets.Front asked = listed.front();
      pages.keySet().retainAll(Set.copyOf(asked.targets()));
      for (Target target : asked.targets()) {
        Front.Page known = pages.getOrDefault(target, Front.Page.unasked(target));
        pages.put(target, known.expected(!asked.starting().contains(target)));
      }
    }

    void accept(Outcome outcome) {
      switch (outcome) {
        case Outcome.Told word -> hear(word);
        case Outcome.Asked asked when asked.target().front() -> see(asked);
        case Outcome.Asked asked -> {
          Window window = windows.get(asked.target());
          if (window != null) {
            window.accept(asked);
            latest = null;
          }
        }
      }
    }

    private void see(Outcome.Asked asked) {
      Front.Page page = pages.get(asked.target());
      if (page != null) {
        pages.put(asked.target(), page.next(asked, listed.pool().missing().staleAfter()));
        latest = null;
      }
    }

    private void hear(Outcome.Told word) {
      told.values().removeIf(old -> old.at().plus(old.validFor()).isBefore(word.at()));
      if (told.size() < MOST_TELLERS || told.containsKey(word.teller())) {
        told.put(word.teller(), word);
        latest = null;
      }
    }

    /// Time alone changes a pool when a reading stops counting.
    Pool fold(Instant now) {
      if (latest != null && !now.isAfter(latest.freshUntil())) {
        return latest;
      }
      List<TargetView> views = new ArrayList<>(windows.size());
      List<TargetView> starting = new ArrayList<>();
      for (Window window : windows.values()) {
        TargetView view = window.view();
        boolean toCome = view.measured() == null && listed.starting().contains(view.target());
        (toCome ? starting : views).add(view);
      }
      Sight sight = Sight.of(listed.pool(), views, now);
      lastFull = lastFull.next(sight);
      front = front.next(told.values(), List.copyOf(pages.values()), listed.front().gap(), now);
      latest = new Pool(listed, sight, lastFull, starting, front);
      return latest;
    }
  }
}
