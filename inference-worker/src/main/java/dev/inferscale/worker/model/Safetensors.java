package dev.inferscale.worker.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The weights of a model directory, mapped into memory: `model.safetensors`, or the shards that
/// `model.safetensors.index.json` lists.
///
/// A file is an unsigned 64-bit length, that many bytes of JSON header and the tensors' bytes;
/// offsets count from the header's end. Every header is checked whole before a tensor is given out,
/// so a tensor's segment always lies inside its file.
public final class Safetensors implements AutoCloseable {
  private static final long MAX_HEADER_BYTES = 100_000_000;
  private static final long MAX_INDEX_BYTES = 64 << 20;
  private static final int MAX_DIMENSIONS = 8;
  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path directory;
  private final Arena arena = Arena.ofShared();
  private final Map<String, Entry> entries = new HashMap<>();

  private Safetensors(Path directory) {
    this.directory = directory;
  }

  /// Maps the weights of a directory.
  ///
  /// @throws ModelFault if a file is missing, cut short or contradicts itself
  public static Safetensors open(Path directory) {
    var weights = new Safetensors(directory);
    try {
      weights.readAll();
      return weights;
    } catch (ModelFault fault) {
      weights.close();
      throw fault;
    }
  }

  /// The tensor of that name and shape.
  ///
  /// @throws ModelFault if it is missing or its shape or dtype is another
  public Tensor tensor(String name, long... shape) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new ModelFault("%s: tensor %s is missing".formatted(directory, name));
    }
    if (!Arrays.equals(entry.shape, shape)) {
      throw entry.fault(
          "has shape %s; config.json asks for %s"
              .formatted(Arrays.toString(entry.shape), Arrays.toString(shape)));
    }
    return new Tensor(entry.supportedDtype(), entry.shape, entry.bytes);
  }

  public boolean has(String name) {
    return entries.containsKey(name);
  }

  /// Bytes of all tensors.
  public long byteSize() {
    return entries.values().stream().mapToLong(entry -> entry.bytes.byteSize()).sum();
  }

  /// Unmaps the files: no tensor may be used any more.
  @Override
  public void close() {
    arena.close();
  }

  private void readAll() {
    Path index = directory.resolve("model.safetensors.index.json");
    if (Files.exists(index)) {
      readShards(JsonFile.read(index, MAX_INDEX_BYTES));
    } else {
      read(directory.resolve("model.safetensors"));
    }
  }

  private void readShards(JsonFile index) {
    JsonNode map = index.root().path("weight_map");
    if (!map.isObject() || map.isEmpty()) {
      throw index.fault("weight_map", "is missing", "an object from tensor names to file names");
    }
    var shards = new TreeSet<String>();
    map.properties().forEach(tensor -> shards.add(shardName(index, tensor.getValue())));
    shards.forEach(shard -> read(directory.resolve(shard)));
    map.properties()
        .forEach(tensor -> {
          Entry entry = entries.get(tensor.getKey());
          if (entry == null || !entry.file.endsWith(tensor.getValue().asText())) {
            throw new ModelFault(
                "%s: tensor %s is not in %s, where %s says it is"
                    .formatted(
                        directory,
                        tensor.getKey(),
                        tensor.getValue().asText(),
                        index.file().getFileName()));
          }
        });
  }

  /// A shard is a plain file name: an index must not reach outside its own directory.
  private static String shardName(JsonFile index, JsonNode value) {
    String name = value.asText();
    if (!value.isTextual() || !name.endsWith(".safetensors") || name.matches(".*[/\\\\\\x00].*")) {
      throw index.fault(
          "weight_map", "names " + JsonFile.brief(value), "names of .safetensors files beside it");
    }
    return name;
  }

  private void read(Path file) {
    MemorySegment whole = map(file);
    long headerBytes = whole.byteSize() < 8 ? -1 : whole.get(LENGTH, 0);
    if (headerBytes < 2 || headerBytes > MAX_HEADER_BYTES || headerBytes > whole.byteSize() - 8) {
      throw new ModelFault(
          "%s is not a whole safetensors file: it says its header has %s bytes, the file has %d"
              .formatted(
                  file,
                  headerBytes == -1 ? "no" : Long.toUnsignedString(headerBytes),
                  whole.byteSize()));
    }
    byte[] header = whole.asSlice(8, headerBytes).toArray(ValueLayout.JAVA_BYTE);
    MemorySegment tensors = whole.asSlice(8 + headerBytes);
    var found = new ArrayList<Entry>();
    for (var member : JsonFile.parse(file, header).root().properties()) {
      if (!member.getKey().equals("__metadata__")) {
        found.add(Entry.parse(file, member.getKey(), member.getValue(), tensors));
      }
    }
    checkLayout(found);
    found.forEach(this::add);
  }

  private MemorySegment map(Path file) {
    try (FileChannel channel = FileChannel.open(file)) {
      return channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
    } catch (NoSuchFileException missing) {
      throw new ModelFault("%s does not exist".formatted(file), missing);
    } catch (IOException unreadable) {
      throw new ModelFault(
          "%s cannot be read: %s".formatted(file, unreadable.getMessage()), unreadable);
    }
  }

  private static void checkLayout(List<Entry> found) {
    found.sort(Comparator.comparingLong(Entry::begin));
    for (int i = 1; i < found.size(); i++) {
      if (found.get(i).begin < found.get(i - 1).end()) {
        throw found.get(i).fault("overlaps tensor " + brief(found.get(i - 1).name));
      }
    }
  }

  private void add(Entry entry) {
    Entry other = entries.putIfAbsent(entry.name, entry);
    if (other != null) {
      throw entry.fault("is also in " + other.file.getFileName());
    }
  }

  private static String brief(String name) {
    return name.length() <= 120 ? name : name.substring(0, 120) + "…";
  }

  /// One tensor as a header describes it, and where it lies.
  ///
  /// @param begin offset of the tensor's first byte after the header
  private record Entry(
      Path file, String name, String dtype, long[] shape, long begin, MemorySegment bytes) {

    static Entry parse(Path file, String name, JsonNode node, MemorySegment tensors) {
      long[] shape = numbers(node.path("shape"), MAX_DIMENSIONS);
      long[] offsets = numbers(node.path("data_offsets"), 2);
      String dtype = node.path("dtype").asText("");
      if (shape == null || offsets == null || offsets.length != 2 || dtype.isEmpty()) {
        throw fault(file, name, "needs dtype, shape and two data_offsets");
      }
      if (offsets[0] > offsets[1] || offsets[1] > tensors.byteSize()) {
        throw fault(
            file,
            name,
            "lies at bytes %d to %d, but the file holds %d bytes of tensors: is it cut short?"
                .formatted(offsets[0], offsets[1], tensors.byteSize()));
      }
      var entry =
          new Entry(
              file,
              name,
              dtype,
              shape,
              offsets[0],
              tensors.asSlice(offsets[0], offsets[1] - offsets[0]));
      entry.checkSize();
      return entry;
    }

    /// Non-negative whole numbers, or null.
    private static long @Nullable [] numbers(JsonNode list, int max) {
      if (!list.isArray() || list.size() > max) {
        return null;
      }
      long[] numbers = new long[list.size()];
      for (int i = 0; i < numbers.length; i++) {
        JsonNode number = list.get(i);
        if (!number.isIntegralNumber() || !number.canConvertToLong() || number.asLong() < 0) {
          return null;
        }
        numbers[i] = number.asLong();
      }
      return numbers;
    }

    long end() {
      return begin + bytes.byteSize();
    }

    Dtype supportedDtype() {
      return switch (dtype) {
        case "BF16" -> Dtype.BF16;
        case "F16" -> Dtype.F16;
        case "F32" -> Dtype.F32;
        default -> throw fault("has dtype %s; expected BF16, F16 or F32".formatted(brief(dtype)));
      };
    }

    /// Dtypes that are not computed with may stand in the file (position ids, masks): their size is
    /// theirs to know.
    private void checkSize() {
      if (!dtype.matches("BF16|F16|F32")) {
        return;
      }
      long expected = supportedDtype().bytes();
      try {
        for (long extent : shape) {
          expected = Math.multiplyExact(expected, extent);
        }
      } catch (ArithmeticException tooLarge) {
        expected = -1;
      }
      if (expected != bytes.byteSize()) {
        throw fault(
            "has %d bytes; dtype %s and shape %s ask for %s"
                .formatted(
                    bytes.byteSize(),
                    dtype,
                    Arrays.toString(shape),
                    expected < 0 ? "more than there can be" : Long.toString(expected)));
      }
    }

    ModelFault fault(String sentence) {
      return fault(file, name, sentence);
    }

    private static ModelFault fault(Path file, String name, String sentence) {
      return new ModelFault("%s: tensor %s %s".formatted(file, brief(name), sentence));
    }
  }
}
