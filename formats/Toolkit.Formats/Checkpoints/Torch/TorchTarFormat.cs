using System.Globalization;
using Toolkit.Formats.Checkpoints.Pickle;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Checkpoints.Tar;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Torch;

/// <summary>
/// The oldest torch.save: a tar of <c>storages</c>, <c>tensors</c> and <c>pickle</c>, tied together by numbers.
/// </summary>
internal sealed class TorchTarFormat : ICheckpointFormat
{
    public bool Recognises(ByteSource source) => TarReader.Recognises(source);

    public CheckpointContent Read(ByteSource source, CheckpointLimits limits, ScanLog scan)
    {
        scan.Format = "PyTorch tar";
        var members = TarReader.Read(source, limits);
        foreach (var needed in (ReadOnlySpan<string>)["storages", "tensors", "pickle"])
        {
            if (!members.ContainsKey(needed))
            {
                throw new BadInputException(
                    $"{source.Name}: a tar archive without '{needed}', so not one of torch's; unpack it and give the "
                        + $"file inside ({string.Join(", ", members.Keys.Take(3))}).");
            }
        }

        var storages = ReadStorages(Open("storages"));
        var tensors = ReadTensors(Open("tensors"), storages);
        var value = new PickleMachine(Open("pickle"), new TorchCalls(), Persistent, scan, limits).Run();
        var content = new CheckpointContent(source.Name, limits);
        new PickleTensors(content, source.Name, limits).Collect(value);
        return content;

        PickleInput Open(string name)
        {
            var (start, size) = members[name];
            var window = new WindowByteSource(source, start, size, $"{source.Name}, {name}");
            return new PickleInput(window, 0, window.Name, limits);
        }

        object? Next(PickleInput input) =>
            new PickleMachine(input, new TorchCalls(), static id => id, scan, limits).Run();

        object? Persistent(object? id) => id switch
        {
            PickleTuple tuple => tuple[0],
            string or long => tensors.TryGetValue(Key(id), out var found)
                ? found
                : throw new BadInputException($"{source.Name}: tensor {id} is named but not in the archive."),
            _ => throw new BadInputException($"{source.Name}: a reference that is no tensor."),
        };

        Dictionary<string, TorchStorage> ReadStorages(PickleInput input)
        {
            var found = new Dictionary<string, TorchStorage>(StringComparer.Ordinal);
            var count = Next(input) as long? ?? throw Damaged(input);
            for (var i = 0L; i < count; i++)
            {
                // (key, device, class), then the number of elements and the elements.
                if (Next(input) is not PickleTuple { Length: 3 } entry || entry[2] is not PickleGlobal type)
                {
                    throw Damaged(input);
                }

                var key = Key(entry[0]);
                var elementType = TorchType.OfStorage(type.Name);
                var elements = input.ReadInt64();
                var elementBytes = elementType.SizeBits() / 8;
                if (elementBytes == 0 || elements < 0 || elements > input.Remaining / elementBytes)
                {
                    throw Damaged(input);
                }

                var data = new SourceStorage(key, input.Source, input.Position, elements * elementBytes);
                input.Skip(elements * elementBytes);
                found[key] = new TorchStorage(key, type.Name, elementType, () => data);
            }

            if (input.Remaining > 0 && Next(input) is PickleList views)
            {
                // (view, root, offset, elements)
                foreach (var item in views.Items)
                {
                    if (item is not PickleTuple { Length: 4 } view
                        || !found.TryGetValue(Key(view[1]), out var root)
                        || view[2] is not (long and >= 0))
                    {
                        throw Damaged(input);
                    }

                    found[Key(view[0])] = root with { FirstElement = (long)view[2]! };
                }
            }

            return found;
        }

        Dictionary<string, TorchTensor> ReadTensors(PickleInput input, Dictionary<string, TorchStorage> from)
        {
            var found = new Dictionary<string, TorchTensor>(StringComparer.Ordinal);
            var count = Next(input) as long? ?? throw Damaged(input);
            for (var i = 0L; i < count; i++)
            {
                // (key, storage, class), then rank (4 bytes and 4 of padding), sizes, strides, offset.
                if (Next(input) is not PickleTuple { Length: 3 } entry
                    || !from.TryGetValue(Key(entry[1]), out var storage))
                {
                    throw Damaged(input);
                }

                var rank = input.ReadInt32();
                input.ReadInt32();
                if (rank < 0 || rank > limits.MaxRank)
                {
                    throw Damaged(input);
                }

                var sizes = new long[rank];
                var strides = new long[rank];
                foreach (var numbers in (ReadOnlySpan<long[]>)[sizes, strides])
                {
                    for (var axis = 0; axis < rank; axis++)
                    {
                        numbers[axis] = input.ReadInt64();
                    }
                }

                found[Key(entry[0])] = new TorchTensor(
                    storage, storage.Type, storage.ClassName, input.ReadInt64(), [.. sizes], [.. strides]);
            }

            return found;
        }

        static string Key(object? key) => Convert.ToString(key, CultureInfo.InvariantCulture) ?? string.Empty;

        static BadInputException Damaged(PickleInput input) =>
            new($"{input.Where}: an entry before byte {input.Position} is damaged.");
    }
}
