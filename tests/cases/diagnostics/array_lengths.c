int f(int p[0]) //~ E0020 an array of no elements
{
    int a[]; //~ E0020 the array `a` has no length
    int b[0]; //~ E0020 an array of no elements
    int c[99999999]; //~ E0020 an array of more than
    int d[2] = {1, 2, 3}; //~ E0021 3 values for an array of 2
    int e = e + 1; //~ E0025 `e` is read in its own initialiser
    int g[2] = {1, g[0]}; //~ E0025 `g` is read in its own initialiser
    return a[0] + b[0] + c[0] + d[0] + e + g[0] + p[0];
}
