namespace Toolkit.Formats.Runs.Activations;

/// <summary>
/// Repetition and definition levels of a list column whose lists and elements are required: an element has definition 1
/// and repetition 0 where it begins a list, else 1; an empty list is one entry of definition 0.
/// </summary>
/// <remarks>
/// Source: Apache Parquet, <c>Encodings.md</c>, "RLE / bit-packing hybrid", bit width 1, each with its length in front.
/// </remarks>
internal static class ListLevels
{
    /// <summary>From this list length on, runs are shorter than bits.</summary>
    private const int RunsFrom = 32;

    /// <summary>Encodes the levels of lists of one length.</summary>
    /// <param name="rows">How many lists.</param>
    /// <param name="length">Elements of each, at least 0.</param>
    /// <returns>Both level blocks, ready to stand before the values.</returns>
    public static byte[] Constant(int rows, int length)
    {
        var entries = checked(rows * Math.Max(length, 1));
        using var output = new MemoryStream();
        Block(output, body =>
        {
            if (length <= 1)
            {
                Run(body, entries, 0);
            }
            else if (length >= RunsFrom)
            {
                for (var row = 0; row < rows; row++)
                {
                    Run(body, 1, 0);
                    Run(body, length - 1, 1);
                }
            }
            else
            {
                Bits(body, entries, i => i % length != 0);
            }
        });
        Block(output, body => Run(body, entries, length == 0 ? (byte)0 : (byte)1));
        return output.ToArray();
    }

    /// <summary>Encodes the levels of lists of any lengths.</summary>
    /// <param name="lengths">Elements of each list.</param>
    /// <returns>Both level blocks, and the number of entries.</returns>
    public static (byte[] Levels, int Entries) Variable(ReadOnlySpan<int> lengths)
    {
        var entries = 0;
        foreach (var length in lengths)
        {
            entries = checked(entries + Math.Max(length, 1));
        }

        var repeated = new bool[entries];
        var defined = new bool[entries];
        var at = 0;
        foreach (var length in lengths)
        {
            defined.AsSpan(at, length).Fill(true);
            repeated.AsSpan(at + Math.Min(length, 1), Math.Max(length - 1, 0)).Fill(true);
            at += Math.Max(length, 1);
        }

        using var output = new MemoryStream();
        Block(output, body => Bits(body, entries, i => repeated[i]));
        Block(output, body => Bits(body, entries, i => defined[i]));
        return (output.ToArray(), entries);
    }

    /// <summary>Decodes one level block.</summary>
    /// <param name="page">The page from the block on, untrusted.</param>
    /// <param name="levels">Takes as many levels as the page has entries.</param>
    /// <returns>Bytes of the block with its length.</returns>
    /// <exception cref="InvalidDataException">The block is damaged.</exception>
    public static int Decode(ReadOnlySpan<byte> page, Span<byte> levels)
    {
        var size = BlockSize(page);
        var block = page.Slice(4, size - 4);
        var at = 0;
        var done = 0;
        while (done < levels.Length)
        {
            var head = 0u;
            for (var shift = 0; ; shift += 7)
            {
                if (at >= block.Length || shift > 28)
                {
                    throw new InvalidDataException("a level block that ends in the middle");
                }

                head |= (uint)(block[at] & 0x7F) << shift;
                if (block[at++] < 0x80)
                {
                    break;
                }
            }

            var count = (int)Math.Min(head >> 1, int.MaxValue / 16);
            if ((head & 1) == 0)
            {
                if (at >= block.Length || count == 0)
                {
                    throw new InvalidDataException("a level run without a value");
                }

                count = Math.Min(count, levels.Length - done);
                levels.Slice(done, count).Fill(block[at++]);
                done += count;
            }
            else
            {
                if (count > block.Length - at || count == 0)
                {
                    throw new InvalidDataException("packed levels that end in the middle");
                }

                for (var i = 0; i < count * 8 && done < levels.Length; i++)
                {
                    levels[done++] = (byte)((block[at + (i >> 3)] >> (i & 7)) & 1);
                }

                at += count;
            }
        }

        return size;
    }

    /// <summary>The bytes of the level block at the start of a page, with its length.</summary>
    /// <param name="page">The page from the block on, untrusted.</param>
    /// <returns>Bytes.</returns>
    public static int BlockSize(ReadOnlySpan<byte> page)
    {
        var size = page.Length < 4 ? -1 : BitConverter.ToInt32(page);
        return size >= 0 && size <= page.Length - 4
            ? size + 4
            : throw new InvalidDataException("a level block longer than its page");
    }

    private static void Block(MemoryStream output, Action<Stream> body)
    {
        var start = output.Position;
        output.Write([0, 0, 0, 0]);
        body(output);
        var size = (int)(output.Position - start - 4);
        BitConverter.TryWriteBytes(output.GetBuffer().AsSpan((int)start, 4), size);
    }

    private static void Run(Stream body, int count, byte level)
    {
        Variable(body, (uint)count << 1);
        body.WriteByte(level);
    }

    private static void Bits(Stream body, int count, Func<int, bool> bit)
    {
        var bytes = (count + 7) / 8;
        Variable(body, ((uint)bytes << 1) | 1);
        for (var b = 0; b < bytes; b++)
        {
            var packed = 0;
            for (var i = b * 8; i < Math.Min(count, (b * 8) + 8); i++)
            {
                packed |= bit(i) ? 1 << (i & 7) : 0;
            }

            body.WriteByte((byte)packed);
        }
    }

    private static void Variable(Stream body, uint value)
    {
        while (value >= 0x80)
        {
            body.WriteByte((byte)(value | 0x80));
            value >>= 7;
        }

        body.WriteByte((byte)value);
    }
}
