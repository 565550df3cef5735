//! test parse ir
// Any layout is read; comments are white space.
int f(int a[5],int n){/* one */int x=-1,y[2]={1,-2},z;z=x;for(;n;--n)if(n&1)a[0]+=y[n%2];else;return z/* two */;}

int g ( int g_array [ ] )
{
  // nothing /* here
  do ; while ( 0 ) ;
  { { ; } }
  return
    f // a call
    (
    g_array , 5 ) ;
}
