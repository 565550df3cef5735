enum { TWO = 2 };
int rows(int a[][], int n) //~ E0020 only the first length of an array can be left out
{
    return a[0][0] + n;
}

int f(int n)
{
    int v[n]; //~ E0002 arrays of variable length are
    int u[2][n + 1]; //~ E0002 arrays of variable length are
    int m[-1]; //~ E0020 an array of fewer than no elements
    int z[TWO - 2][3]; //~ E0020 an array of no elements
    int h[1000][2000]; //~ E0020 an array of more than
    int i[2] = {{1}, {2, 3}}; //~ E0015 an element takes one value
    int j[2][2] = {{1, 2, 3}, {4}}; //~ E0021 more values than the array has elements
    int k[2][2] = {1, 2, 3, 4, 5}; //~ E0021 more values than the array has elements
    int l[2][2] = 5; //~ E0015 an array begins with a list of values
    int five[1][1][1][1][1]; //~ E0002 arrays of more than 4 dimensions are
    int open[][2]; //~ E0020 the array `open` has no length
    char word[2][3] = {"abcd", "ef"}; //~ E0021 4 characters for an array of 3
    int letters[2][3] = {"ab"}; //~ E0015 only an array of `char`
    j[0] = 1; //~ E0016 an array cannot be assigned as a whole
    n = j[0]; //~ E0015 this is a pointer, but an `int` is wanted
    n = j[0][0][0]; //~ E0015 this is an `int`, and no pointer
    n = rows(i, 1); //~ E0015 the parameter `a` points to `int[1]`, and this to `int`
    return i[0] + k[1][1] + h[0][0] + m[0];
}
