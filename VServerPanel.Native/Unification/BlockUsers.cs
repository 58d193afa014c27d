using System.Runtime.InteropServices;

namespace VServerPanel.Native.Unification;

/// <summary>Which inodes of a bucket lie in the same blocks, and what is freed when they come to lie in others'.</summary>
internal sealed class BlockUsers
{
    private readonly Dictionary<ulong, int> _ofMap = [];
    private readonly List<Place> _places = [];

    /// <summary>Places that were met.</summary>
    public int Count => _places.Count;

    public void Clear()
    {
        _ofMap.Clear();
        _places.Clear();
    }

    /// <summary>An inode more.</summary>
    /// <param name="map">The number of its block map; 0: nobody can tell, and it is taken to lie where no other does.</param>
    /// <param name="own">Bytes that only it uses (<see cref="BlockMap.HashOf(int, long, out long, out bool)"/>).</param>
    /// <param name="allocated">Bytes that it takes.</param>
    /// <returns>The number of its place, by which inodes of the same blocks are known.</returns>
    public int Add(ulong map, long own, long allocated)
    {
        if (map == 0 || !_ofMap.TryGetValue(map, out var place))
        {
            place = _places.Count;
            _places.Add(new Place(0, Math.Min(own, allocated), own == 0 && allocated > 0));
            if (map != 0)
            {
                _ofMap[map] = place;
            }
        }

        ref var found = ref CollectionsMarshal.AsSpan(_places)[place];
        found = found.Users == 0
            ? found with { Users = 1 }

            // whether others than these use it as well, no flag tells any more
            : new Place(found.Users + 1, allocated, IsOthers: false);
        return place;
    }

    /// <summary>Inodes that lie there.</summary>
    public int UsersOf(int place) => _places[place].Users;

    /// <summary>Where the others of a bucket should come to lie: the higher the better. What somebody outside of the bucket uses as well is not freed by leaving it.</summary>
    public int RankOf(int place) => _places[place].IsOthers ? int.MaxValue : _places[place].Users;

    /// <summary>An inode leaves its place for another's.</summary>
    /// <returns>Bytes that nobody uses any more: what is freed.</returns>
    public long Move(int from, int to)
    {
        var places = CollectionsMarshal.AsSpan(_places);
        places[from].Users--;
        places[to].Users++;
        return places[from].Users == 0 ? places[from].Bytes : 0;
    }

    /// <param name="Users">Inodes of the bucket.</param>
    /// <param name="Bytes">Freed when the last of them leaves.</param>
    /// <param name="IsOthers">Whether all of it is used from outside of the bucket as well.</param>
    private record struct Place(int Users, long Bytes, bool IsOthers);
}
