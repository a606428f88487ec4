namespace Toolkit.Formats.Tests.Checkpoints;

/// <summary>Damages files the way disks, networks and attackers do; the same seed damages the same way.</summary>
internal static class Mutation
{
    private static readonly long[] Interesting =
        [0, 1, -1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue, 1L
            << 40];

    public static byte[] Of(byte[] original, int seed)
    {
        var random = new Random(seed);
        var bytes = original.ToList();
        for (var changes = 1 + random.Next(4); changes > 0 && bytes.Count > 0; changes--)
        {
            // Headers and tables stand at the ends: half of the changes go there.
            var at = random.Next(4) switch
            {
                0 => random.Next(Math.Min(bytes.Count, 256)),
                1 => bytes.Count - 1 - random.Next(Math.Min(bytes.Count, 256)),
                _ => random.Next(bytes.Count),
            };
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(1 + random.Next(16), bytes.Count - at));
                    break;
                case 4:
                    var inserted = new byte[1 + random.Next(16)];
                    random.NextBytes(inserted);
                    bytes.InsertRange(at, inserted);
                    break;
                case 5:
                    var copied = bytes.GetRange(at, Math.Min(1 + random.Next(64), bytes.Count - at));
                    bytes.InsertRange(random.Next(bytes.Count), copied);
                    break;
                default:
                    var number = BitConverter.GetBytes(Interesting[random.Next(Interesting.Length)]);
                    for (var i = 0; i < 1 << random.Next(4) && at + i < bytes.Count; i++)
                    {
                        bytes[at + i] = number[i];
                    }

                    break;
            }
        }

        return [.. bytes];
    }
}
