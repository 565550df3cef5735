//! test parse ir interp

// Arrays of arrays. Each index keeps to its own dimension.
enum { N = 3 };
int sum(int m[][N], int rows)
{
    int total = 0;
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < N; j++) {
            total += m[i][j];
        }
    }
    return total;
}

int row_sum(const int row[], int n)
{
    int total = 0;
    for (int j = 0; j < n; j++) {
        total += row[j];
    }
    return total;
}

int filled()
{
    int m[2][N] = {{1, 2, 3}, {4, 5, 6}};
    return sum(m, 2) * 1000 + row_sum(m[1], N) * 10 + m[0][2];
}
//! run filled() == 21153

int beyond()
{
    int m[2][N] = {{0}};
    return sum(m, 3);
}
//! run beyond() traps out_of_bounds at 10

int at(int i, int j)
{
    int m[2][N] = {1, 2, 3, 4};
    return m[i][j];
}
//! run at(1, 0) == 4
//! run at(1, 2) == 0
//! run at(0, 3) traps out_of_bounds
//! run at(1, -1) traps out_of_bounds
//! run at(2, 0) traps out_of_bounds
//! run at(-1, 2) traps out_of_bounds

int address(int i, int j)
{
    int m[2][N] = {1, 2, 3, 4, 5, 6};
    int *p = &m[i][j];
    return p - &m[0][0];
}
//! run address(1, 2) == 5
//! run address(1, 3) == 6
//! run address(1, 4) traps out_of_bounds
//! run address(2, 0) traps out_of_bounds

int cube(int i, int j, int k)
{
    short c[2][2][2] = {{{1, 2}, {3}}, {{5}}};
    c[i][j][k] += 10;
    return c[0][0][0] + c[0][0][1] + c[0][1][0] + c[0][1][1] + c[1][0][0] + c[1][1][1] * 100;
}
//! run cube(1, 1, 1) == 1011
//! run cube(0, 1, 1) == 21
//! run cube(0, 2, 1) traps out_of_bounds

int words(int i, int j)
{
    const char w[][6] = {"one", "three", {'t', 'w', 'o'}};
    return w[i][j];
}
//! run words(1, 4) == 101
//! run words(0, 3) == 0
//! run words(2, 2) == 111

int unset(int i)
{
    int m[2][2];
    m[0][1] = 5;
    return m[0][i];
}
//! run unset(1) == 5
//! run unset(0) traps uninitialized_read

int steps()
{
    int m[2][2] = {{1, 2}, {3, 4}};
    m[1][0]++;
    m[0][1] *= m[1][1]--;
    *(*(m + 1) + 1) += 7;
    return m[0][0] * 1000 + m[0][1] * 100 + m[1][0] * 10 + m[1][1];
}
//! run steps() == 1850

int loop_rows()
{
    int total = 0;
    for (int i = 0; i < 3; i++) {
        int m[2][2] = {{i}, {1}};
        total += m[0][0] + m[1][0] + m[1][1]++;
    }
    return total;
}
//! run loop_rows() == 6

int far()
{
    static int big[100][50] = {{1}, {2}};
    int local[20][30] = {{0}, {5}};
    return big[1][0] * 10 + local[1][0] + local[19][29] + big[99][49];
}
//! run far() == 25
