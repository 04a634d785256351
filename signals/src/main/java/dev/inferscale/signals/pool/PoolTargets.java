package dev.inferscale.signals.pool;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A pool and the targets that belong to it now.
///
/// @param modelAlias the model's name as a legal label value, unique over all pools
/// @param targets all that are asked
/// @param starting those of them that do not count before their first answer: capacity to come
/// @param pods the pods that the targets are on, by name; none where they are no pods
/// @param gap why there are no targets, null where there are or nothing more is known
/// @param credentials with which each of them is asked
/// @param front who is asked for what waits in front of the pool
public record PoolTargets(
    ModelPool pool,
    String modelAlias,
    List<Target> targets,
    Set<Target> starting,
    List<ServingPod> pods,
    @Nullable Gap gap,
    Replicas replicas,
    Credentials credentials,
    Front front) {
  public PoolTargets {
    targets = List.copyOf(targets);
    starting = Set.copyOf(starting);
    pods = List.copyOf(pods);
  }

  /// Targets in front of which nobody is asked.
  public PoolTargets(
      ModelPool pool,
      String modelAlias,
      List<Target> targets,
      Set<Target> starting,
      List<ServingPod> pods,
      @Nullable Gap gap,
      Replicas replicas,
      Credentials credentials) {
    this(pool, modelAlias, targets, starting, pods, gap, replicas, credentials, Front.NONE);
  }

  /// Targets that are no pods, and open to everybody.
  public PoolTargets(
      ModelPool pool,
      String modelAlias,
      List<Target> targets,
      Set<Target> starting,
      @Nullable Gap gap,
      Replicas replicas) {
    this(pool, modelAlias, targets, starting, List.of(), gap, replicas, Credentials.NONE);
  }

  /// Targets that all count.
  public PoolTargets(ModelPool pool, String modelAlias, List<Target> targets) {
    this(pool, modelAlias, targets, Set.of(), null, Replicas.UNREAD);
  }

  /// How many are asked, those in front of the pool among them.
  public int asked() {
    return targets.size() + front.targets().size();
  }

  /// Who is asked for what waits in front of a pool.
  ///
  /// @param targets all that are asked, each [Target#front]
  /// @param starting those of them that are not expected to answer yet
  /// @param gap why there is nobody, null where there is somebody or the pool names nobody
  /// @param credentials with which each of them is asked
  public record Front(
      List<Target> targets, Set<Target> starting, @Nullable Gap gap, Credentials credentials) {
    /// Nobody, since the pool names nobody.
    public static final Front NONE = new Front(List.of(), Set.of(), null, Credentials.NONE);

    public Front {
      targets = List.copyOf(targets);
      starting = Set.copyOf(starting);
    }
  }

  /// Why a pool has no targets, or nobody in front of it.
  ///
  /// @param sentence one line for people that says what to do
  public record Gap(Kind kind, String sentence) {

    /// `CONFIG` needs a person, `NOT_YET` only time; `NONE` says that there are really none.
    public enum Kind {
      CONFIG,
      NOT_YET,
      NONE
    }
  }
}
