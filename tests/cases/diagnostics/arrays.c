int f(int n)
{
    int grid[3][3]; //~ E0002 arrays of arrays are not in the subset
    int v[n]; //~ E0002 arrays of variable length are
    int w[2 + 1]; //~ E0020 one plain number
    int m[-1]; //~ E0020 one plain number
    int i[2] = {{1}, {2}}; //~ E0002 arrays of arrays are
    return grid[0][1]; //~ E0002 arrays of arrays are
}
